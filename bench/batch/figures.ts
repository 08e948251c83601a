/**
 * The figures of a benchmark, and how they are printed: lines while it runs, a table at the end.
 *
 * all.ts runs each part in a process of its own, so that memory can be measured and a part that hangs can be ended and
 * named. With `--json` a part prints its figures as lines of JSON on standard output. Progress goes to standard error.
 */
export interface Figure {
  /** What was measured, with its size. */
  readonly what: string;
  readonly records: number;
  readonly seconds: number;
  /** The least records a second; null if the part has no target. */
  readonly target: number | null;
  readonly peakMb: number;
  readonly detail: string;
}

export const perSecond = ({ records, seconds }: Figure): number => Math.round(records / seconds);
const shown = (count: number): string => Math.round(count).toLocaleString('en');

export function printFigure(figure: Figure, asJson: boolean): void {
  process.stdout.write(asJson ? `${JSON.stringify(figure)}\n` : `${rowOf(figure)}\n          ${figure.detail}\n`);
}

const beganAt = performance.now();

/** Writes a line about progress, with the seconds since the start. */
export function note(text: string): void {
  process.stderr.write(`[${((performance.now() - beganAt) / 1_000).toFixed(0).padStart(5)} s] ${text}\n`);
}

export function table(figures: readonly Figure[]): string {
  const head = lineOf('what', 'records/s', 'target', 'µs/record', 'seconds', 'peak MB');
  const lines = figures.flatMap((figure) => [rowOf(figure), `  ${figure.detail}`]);
  return [head, '-'.repeat(head.length), ...lines].join('\n');
}

function rowOf(figure: Figure): string {
  const { what, records, seconds, target, peakMb } = figure;
  const verdict = target === null ? '' : `${shown(target)}${perSecond(figure) >= target ? ' ✓' : ' ✗'}`;
  const cost = ((seconds * 1e6) / records).toFixed(2);
  return lineOf(what, shown(perSecond(figure)), verdict, cost, seconds.toFixed(1), shown(peakMb));
}

const WIDTHS = [12, 12, 11, 9, 9];

function lineOf(what: string, ...values: string[]): string {
  return what.padEnd(46) + values.map((value, column) => value.padStart(WIDTHS[column]!)).join('');
}

export const peakMb = (): number => Math.round(process.resourceUsage().maxRSS / 1_024);
