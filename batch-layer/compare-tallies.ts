/**
 * The tallies of both layers over one epoch (laws L7 and L8).
 *
 * The speed layer keeps one running sum a partition, of all records before its progress, which lies past the cut. So the records
 * from the cut up to that progress are read again from the log, judged by the same parser, and subtracted: a detection at home
 * was first met if its row in HBase names that record, and a copy if it names another. What the speed layer had counted at the
 * cut before is in the previous report, so each epoch answers for its own records only.
 */
import type { FirstMet } from '../core/domain/first-met.ts';
import type { LogRecord } from '../core/domain/detection.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Tallies } from '../core/domain/tallies.ts';
import type { Instant } from '../core/domain/time.ts';
import type { Progress } from '../core/stores/control.ts';
import type { PartitionReport, RunReport, TallyDifference } from '../core/stores/runs.ts';
import type { BatchContext } from './context.ts';
import type { SpeedProgress } from './speed-progress.ts';
import { arrivalAfter } from '../core/domain/arrival.ts';
import { isDeferred } from '../core/domain/rules.ts';
import { addTallies, NO_TALLIES } from '../core/domain/tallies.ts';
import { judge } from '../core/domain/verdict.ts';
import { found } from '../core/stores/answers.ts';

/** More than this many records past the cut are not read again: the tallies are unproven then. */
const TAIL_LIMIT_RECORDS = 500_000;
const ASKED_AT_ONCE = 5_000;

export interface ComparedTallies {
  readonly differences: TallyDifference[];
  readonly unproven: string[];
  /** Of the partitions that were compared: the speed layer's tallies at the cut. */
  readonly speed: ReadonlyMap<number, Tallies>;
}

export async function compareTallies(
  context: BatchContext,
  partitions: readonly PartitionReport[],
  previous: RunReport | null,
  speed: SpeedProgress,
): Promise<ComparedTallies> {
  const compared = { differences: [] as TallyDifference[], unproven: [] as string[], speed: new Map<number, Tallies>() };
  let left = TAIL_LIMIT_RECORDS;
  for (const report of partitions) {
    const { partition, cut } = report;
    const progress = speed.past(partition, cut)!;
    left -= progress.nextOffset - cut;
    if (left < 0) {
      compared.unproven.push(
        `tallies of partition ${partition}: the speed layer was ${progress.nextOffset - cut} records past the cut when it was looked at`,
      );
      continue;
    }
    const atCut = subtract(progress.tallies, await talliesBetween(context, report, progress));
    compared.speed.set(partition, atCut);
    compared.differences.push(...differencesOf(report, atCut, previous?.partitions[partition]));
  }
  return compared;
}

function differencesOf(report: PartitionReport, atCut: Tallies, previous: PartitionReport | undefined): TallyDifference[] {
  const before = (previous?.speed_tallies_so_far ?? previous?.tallies_so_far ?? NO_TALLIES) as Tallies;
  const speed = flat(subtract(atCut, before));
  const batch = flat(report.tallies as Tallies);
  return [...new Set([...Object.keys(batch), ...Object.keys(speed)])]
    .filter((tally) => (batch[tally] ?? 0) !== (speed[tally] ?? 0))
    .map((tally) => ({ partition: report.partition, tally, batch: batch[tally] ?? 0, speed: speed[tally] ?? 0 }));
}

function flat({ dead_letters_by_reason, ...numbers }: Tallies): Record<string, number> {
  const byReason = Object.entries(dead_letters_by_reason).map(([reason, count]) => [`dead_letters.${reason}`, count] as const);
  return { ...numbers, ...Object.fromEntries(byReason) };
}

function subtract(a: Tallies, b: Tallies): Tallies {
  const byReason = Object.entries(b.dead_letters_by_reason).map(([reason, count]) => [reason, -count] as const);
  return addTallies(a, {
    new: -b.new,
    copies: -b.copies,
    strays: -b.strays,
    deferred: -b.deferred,
    dead_letters: -b.dead_letters,
    ticks: -b.ticks,
    dead_letters_by_reason: Object.fromEntries(byReason),
  });
}

// ---- between the cut and the progress ------------------------------------------------------------------------------

type Counts = { -readonly [K in keyof Tallies]: Tallies[K] extends number ? number : Record<string, number> };

async function talliesBetween(context: BatchContext, report: PartitionReport, progress: Progress): Promise<Tallies> {
  const counts: Counts = { ...NO_TALLIES, dead_letters_by_reason: {} };
  if (progress.nextOffset === report.cut) return counts as Tallies;
  let arrival = report.arrival as Instant;
  let home: FirstMet[] = [];
  for await (const { records, next } of context.reader.read(report.partition, report.cut, context.signal)) {
    for (const record of records) {
      if (record.offset >= progress.nextOffset) break;
      arrival = arrivalAfter(arrival, record.stamp);
      const met = countVerdict(context, counts, record, arrival);
      if (met) home.push(met);
    }
    for (; home.length >= ASKED_AT_ONCE; home = home.slice(ASKED_AT_ONCE)) await countHome(context, counts, home.slice(0, ASKED_AT_ONCE));
    if (next >= progress.nextOffset) break;
  }
  await countHome(context, counts, home);
  return counts as Tallies;
}

/** Counts what the record alone tells; a detection at home is returned. */
function countVerdict(context: BatchContext, counts: Counts, record: LogRecord, arrival: Instant): FirstMet | null {
  const verdict = judge(record, arrival, context.rules);
  switch (verdict.kind) {
    case 'tick':
      counts.ticks += 1;
      return null;
    case 'stray':
      counts.strays += 1;
      return null;
    case 'dead_letter': {
      const { reason } = verdict.deadLetter;
      counts.dead_letters += 1;
      counts.dead_letters_by_reason[reason] = (counts.dead_letters_by_reason[reason] ?? 0) + 1;
      return null;
    }
    case 'detection': {
      const { partition, offset } = record;
      return { logLife: context.rules.logLife, partition, offset, arrival, detection: verdict.detection };
    }
  }
}

async function countHome(context: BatchContext, counts: Counts, home: readonly FirstMet[]): Promise<void> {
  const ids: Oid[] = home.map(({ detection }) => detection.id);
  const rows = found('detections', await context.detections.find(ids));
  home.forEach((record, at) => {
    const row = rows[at];
    const isFirst = row?.partition === record.partition && row.offset === record.offset && row.logLife === record.logLife;
    if (!isFirst) counts.copies += 1;
    else if (isDeferred(record.detection.detectedAt, record.arrival, context.rules)) counts.deferred += 1;
    else counts.new += 1;
  });
}
