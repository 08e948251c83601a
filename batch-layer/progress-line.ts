/**
 * What a command says about itself while it runs: one line that is overwritten on a terminal, plain lines elsewhere.
 *
 * Steps report how far they are; with a total known, the time left follows from the rate. On a terminal the line is
 * renewed a few times a second; in a file or a pipe a line is written when a step ends and every half minute of a long
 * one, so that a log stays short. Standard output is never touched: it belongs to data.
 */
export interface ProgressLine {
  /** `done` of what is counted (records, files, cells) in this step, of `total` where that is known. */
  progress(step: string, done: number, what: string, total?: number): void;
  /** A step of an epoch has ended. */
  ended(epoch: string, step: string, tookMs: number): void;
}

const TERMINAL_EVERY_MS = 200;
const LINE_EVERY_MS = 30_000;

type Stream = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };

export function progressLineOn(stream: Stream, now: () => number = () => performance.now()): ProgressLine {
  const isTerminal = stream.isTTY === true;
  const everyMs = isTerminal ? TERMINAL_EVERY_MS : LINE_EVERY_MS;
  let step = '';
  let beganAt = 0;
  let shownAt = 0;
  const show = (text: string): void => void stream.write(isTerminal ? `\r\u001b[2K${text}` : `${text}\n`);
  return {
    progress(name, done, what, total) {
      const at = now();
      if (name !== step) {
        [step, beganAt] = [name, at];
        shownAt = isTerminal ? -Infinity : at;
      }
      if (at - shownAt < everyMs) return;
      shownAt = at;
      show(`${name}: ${progressText(done, what, at - beganAt, total)}`);
    },
    ended(epoch, name, tookMs) {
      step = '';
      show(`${epoch} ${name}: ${(tookMs / 1_000).toFixed(1)} s${isTerminal ? '\n' : ''}`);
    },
  };
}

export function progressText(done: number, what: string, tookMs: number, total?: number): string {
  const perSecond = tookMs > 0 ? (done * 1_000) / tookMs : 0;
  const of = total === undefined ? '' : ` of ${shown(total)}`;
  const counted = `${shown(done)}${of} ${what}`;
  if (perSecond === 0) return counted;
  const rate = `${counted}, ${shown(perSecond)} a second`;
  if (total === undefined || total <= done) return rate;
  return `${rate}, ${timeText((total - done) / perSecond)} left`;
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

const shown = (count: number): string => Math.round(count).toLocaleString('en');

export const SILENT: ProgressLine = { progress: () => undefined, ended: () => undefined };
