/**
 * The progress of a command while it runs: one line that is overwritten on a terminal, plain lines elsewhere.
 *
 * Steps report how far they are; if the total is known, the line says how much time is left. On a terminal the line
 * changes a few times a second. In a file or a pipe there is a line when a step ends and every half minute of a long
 * step, so that a log stays short. Everything goes to standard error: standard output is for data.
 */
export interface ProgressLine {
  /** `unit` says what is counted: records, files, cells. */
  update(step: string, done: number, unit: string, total?: number): void;
  finishStep(epoch: string, step: string, tookMs: number): void;
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
    update(name, done, unit, total) {
      const at = now();
      if (name !== step) {
        [step, beganAt] = [name, at];
        shownAt = isTerminal ? -Infinity : at;
      }
      if (at - shownAt < everyMs) return;
      shownAt = at;
      show(`${name}: ${progressText(done, unit, at - beganAt, total)}`);
    },
    finishStep(epoch, name, tookMs) {
      step = '';
      show(`${epoch} ${name}: ${(tookMs / 1_000).toFixed(1)} s${isTerminal ? '\n' : ''}`);
    },
  };
}

export function progressText(done: number, unit: string, tookMs: number, total?: number): string {
  const perSecond = tookMs > 0 ? (done * 1_000) / tookMs : 0;
  const ofTotal = total === undefined ? '' : ` of ${shown(total)}`;
  const count = `${shown(done)}${ofTotal} ${unit}`;
  if (perSecond === 0) return count;
  const countAndRate = `${count}, ${shown(perSecond)} a second`;
  if (total === undefined || total <= done) return countAndRate;
  return `${countAndRate}, ${timeText((total - done) / perSecond)} left`;
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

const shown = (count: number): string => Math.round(count).toLocaleString('en');

export const SILENT: ProgressLine = { update: () => undefined, finishStep: () => undefined };
