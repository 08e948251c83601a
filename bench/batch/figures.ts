/**
 * What a part of the benchmark found, and how it is told: lines as it goes, a table at the end.
 *
 * Each part runs in a process of its own (all.ts), so that its memory is its own and a part that hangs is ended and
 * named. A part hands its figures over as lines of JSON on standard output when it is asked to; whatever else there is
 * to say, that it lives above all, goes to standard error.
 */
export interface Figure {
  /** What was measured, with its size. */
  readonly what: string;
  readonly records: number;
  readonly seconds: number;
  /** Least records a second; null where there is only something to compare. */
  readonly target: number | null;
  readonly peakMb: number;
  readonly detail: string;
}

export const perSecond = ({ records, seconds }: Figure): number => Math.round(records / seconds);
const shown = (count: number): string => Math.round(count).toLocaleString('en');

export function tell(figure: Figure, asJson: boolean): void {
  process.stdout.write(asJson ? `${JSON.stringify(figure)}\n` : `${rowOf(figure)}\n          ${figure.detail}\n`);
}

const beganAt = performance.now();

/** A line that says what is being done, with the seconds since the beginning. */
export function note(text: string): void {
  process.stderr.write(`[${((performance.now() - beganAt) / 1_000).toFixed(0).padStart(5)} s] ${text}\n`);
}

export function table(figures: readonly Figure[]): string {
  const head = `${'what'.padEnd(46)}${'records/s'.padStart(12)}${'target'.padStart(12)}${'µs/record'.padStart(11)}${'seconds'.padStart(9)}${'peak MB'.padStart(9)}`;
  const lines = figures.flatMap((figure) => [rowOf(figure), `  ${figure.detail}`]);
  return [head, '-'.repeat(head.length), ...lines].join('\n');
}

function rowOf(figure: Figure): string {
  const { what, records, seconds, target, peakMb } = figure;
  const verdict = target === null ? '' : `${shown(target)}${perSecond(figure) >= target ? ' ✓' : ' ✗'}`;
  const cost = ((seconds * 1e6) / records).toFixed(2);
  return `${what.padEnd(46)}${shown(perSecond(figure)).padStart(12)}${verdict.padStart(12)}${cost.padStart(11)}${seconds.toFixed(1).padStart(9)}${shown(peakMb).padStart(9)}`;
}

export const peakMb = (): number => Math.round(process.resourceUsage().maxRSS / 1_024);
