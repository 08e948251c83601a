/**
 * What a run says about itself while it runs: one line that is overwritten on a terminal, nothing elsewhere.
 *
 * Steps report how far they are; the log carries what must be kept. Standard output is never touched: it belongs to data.
 */
export interface Say {
  /** `done` of what is counted (records, files, cells) in this step; shows the rate. */
  progress(step: string, done: number, what: string): void;
  /** Ends the line. */
  clear(): void;
}

const LEAST_INTERVAL_MS = 200;

export function sayOn(stream: NodeJS.WriteStream): Say {
  if (!stream.isTTY) return SILENT;
  let step = '';
  let beganAt = 0;
  let shownAt = 0;
  return {
    progress(name, done, what) {
      const now = performance.now();
      if (name !== step) {
        step = name;
        beganAt = now;
      } else if (now - shownAt < LEAST_INTERVAL_MS) return;
      shownAt = now;
      const rate = now > beganAt ? Math.round((done * 1_000) / (now - beganAt)) : 0;
      stream.write(`\r\u001b[2K${name}: ${done.toLocaleString('en')} ${what}, ${rate.toLocaleString('en')} a second`);
    },
    clear() {
      if (step !== '') stream.write('\r\u001b[2K');
      step = '';
    },
  };
}

export const SILENT: Say = { progress: () => undefined, clear: () => undefined };
