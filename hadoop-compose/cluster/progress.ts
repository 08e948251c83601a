/** Progress for people: one line a step on standard error, with the seconds since the command began. */
export type Say = (who: string, what: string) => void;

export function sayOn(stream: NodeJS.WritableStream = process.stderr): Say {
  const startedMs = Date.now();
  return (who, what) => {
    const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1).padStart(5);
    stream.write(`[${seconds} s] ${who.padEnd(12)} ${what}\n`);
  };
}
