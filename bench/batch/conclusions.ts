/** What follows from the figures: the cost of one more record, how many times as fast as Spark, and a day on paper. */
import type { Figure } from './figures.ts';
import { perSecond } from './figures.ts';

const DAY_RECORDS = 864_000_000;

export function conclusions(figures: readonly Figure[]): string[] {
  const of = (engine: string): Figure[] => figures.filter(({ what }) => what.startsWith(`publish, ${engine}`));
  const [duckdb, spark] = [of('duckdb'), of('spark')];
  const [archive] = figures
    .filter(({ what }) => what.startsWith('archive'))
    .sort((a, b) => perSecond(b) - perSecond(a));
  const lines: string[] = [];
  const [small, large] = [duckdb[0], duckdb.at(-1)];
  if (small && large && small !== large) {
    const further = ((large.seconds - small.seconds) * 1e6) / (large.records - small.records);
    const range = `From ${small.records.toLocaleString('en')} to ${large.records.toLocaleString('en')} records`;
    lines.push(`${range} one more record cost ${further.toFixed(2)} µs.`);
  }
  for (const peer of spark) {
    const mine = duckdb.find(({ records }) => records === peer.records);
    if (mine)
      lines.push(
        `At ${peer.records.toLocaleString('en')} records DuckDB was ${(peer.seconds / mine.seconds).toFixed(1)} ` +
          'times as fast as Spark (local[2]).',
      );
  }
  const minutes = (figure: Figure): string => (DAY_RECORDS / perSecond(figure) / 60).toFixed(0);
  if (archive) lines.push(`A day of 864 million records: archived in ${minutes(archive)} minutes, through the day.`);
  if (large)
    lines.push(
      `A day of 864 million records: archived to published in ${minutes(large)} minutes, ` +
        'at the rate of the largest epoch.',
    );
  return lines;
}
