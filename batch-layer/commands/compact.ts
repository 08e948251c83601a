/** `sightline batch compact`: merges the small files of closed hours, day by day (changes/compact.ts). */
import type { CompactedDay, CompactOptions } from '../changes/compact.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { compact } from '../changes/compact.ts';
import { withLakeLock } from '../lock/lake-lock.ts';
import { nothingToDo, print, withBatch } from './with-batch.ts';

export interface CompactCommandOptions {
  /** Megabytes. */
  readonly below: string;
  readonly from?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export async function runCompact(options: CompactCommandOptions): Promise<number> {
  const { dryRun: isDryRun = false, json } = options;
  const asked = optionsOf(options);
  return withBatch(async ({ context }) => {
    const onDay = (day: CompactedDay): void =>
      print(json, { ...day, done: !isDryRun }, `${isDryRun ? 'would merge' : 'merged'} ${dayText(day)}`);
    const days = await withLakeLock(context, (locked, lease) =>
      compact(locked, lease, { ...asked, isDryRun, onDay, now: Date.now() }),
    );
    if (days.length === 0) return nothingToDo('No closed hour has two files that are small enough');
    return EXIT.done;
  });
}

function optionsOf({ below, from, to }: CompactCommandOptions): Pick<CompactOptions, 'belowBytes' | 'from' | 'to'> {
  const megabytes = Number(below);
  if (!(megabytes > 0 && megabytes <= 512))
    throw new Refusal(EXIT.usage, `--below is ${JSON.stringify(below)}; a number of megabytes up to 512 was expected`);
  for (const [name, date] of [
    ['--from', from],
    ['--to', to],
  ] as const)
    if (date !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(date))
      throw new Refusal(EXIT.usage, `${name} is ${JSON.stringify(date)}; a date such as 2026-11-22 was expected`);
  return { belowBytes: megabytes * 2 ** 20, from, to };
}

function dayText({ date, hours, rows, replaced, added }: CompactedDay): string {
  const shown = (count: number): string => count.toLocaleString('en');
  const into =
    added.files > 0 ? ` into ${shown(added.files)} of ${shown(added.bytes)} bytes; their rows have the same hash` : '';
  return (
    `${date}: ${shown(replaced.files)} files of ${shown(replaced.bytes)} bytes in ${hours} hours, ` +
    `${shown(rows)} rows${into}`
  );
}
