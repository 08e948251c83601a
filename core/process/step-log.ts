/** Progress for people: one line a step on standard error, with the seconds since the command began. */
export type Say = (who: string, what: string) => void;

export function sayOn(stream: NodeJS.WritableStream & { isTTY?: boolean } = process.stderr): Say {
  const startedMs = Date.now();
  // On a terminal the line takes the place of whatever stands there: a status line, or the ^C of a person.
  const begin = stream.isTTY === true ? '\r\u001b[2K' : '';
  return (who, what) => {
    const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1).padStart(5);
    stream.write(`${begin}[${seconds} s] ${who.padEnd(12)} ${what}\n`);
  };
}
