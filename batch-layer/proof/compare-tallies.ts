/**
 * Compares the tallies of both layers over one epoch (laws L7 and L8).
 *
 * compare.ts calls it. At every cut the speed layer writes its running sums under the offset of the cut. If they are
 * found there, both layers have cut the epoch at the same record. The sums at the cut before are in the previous
 * report, so only the records of this epoch are result.
 */
import type { Tallies } from '../../core/domain/tallies.ts';
import type { PartitionReport, RunReport, TallyDifference } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { SpeedProgress } from './speed-progress.ts';
import { addTallies, NO_TALLIES } from '../../core/domain/tallies.ts';

interface ComparedTallies {
  readonly differences: TallyDifference[];
  readonly unproven: string[];
  /** For each partition that was compared: the speed layer's tallies at the cut. */
  readonly speed: ReadonlyMap<number, Tallies>;
}

/** The progress of these partitions must have passed the cut. */
export async function compareTallies(
  context: Pick<BatchContext, 'control' | 'rules'>,
  partitions: readonly PartitionReport[],
  previous: RunReport | null,
  speed: SpeedProgress,
): Promise<ComparedTallies> {
  const result = {
    differences: [] as TallyDifference[],
    unproven: [] as string[],
    speed: new Map<number, Tallies>(),
  };
  const atCuts = await context.control.cutTallies(context.rules.generation, partitions);
  partitions.forEach((report, i) => {
    const { partition, cut } = report;
    const progress = speed.atOrPast(partition, cut);
    // A worker that stopped exactly at the cut has not written sums for it, but its progress has the same numbers.
    const atCut = atCuts[i]?.tallies ?? (progress?.nextOffset === cut ? progress.tallies : null);
    if (!atCut) {
      result.unproven.push(`tallies of partition ${partition}: the speed layer wrote none at offset ${cut}`);
      return;
    }
    result.speed.set(partition, atCut);
    result.differences.push(...tallyDifferences(report, atCut, previous?.partitions[partition]));
  });
  return result;
}

function tallyDifferences(
  report: PartitionReport,
  atCut: Tallies,
  previous: PartitionReport | undefined,
): TallyDifference[] {
  const before = (previous?.speed_tallies_so_far ?? previous?.tallies_so_far ?? NO_TALLIES) as Tallies;
  const speed = flat(subtract(atCut, before));
  const batch = flat(report.tallies as Tallies);
  return [...new Set([...Object.keys(batch), ...Object.keys(speed)])]
    .filter((tally) => (batch[tally] ?? 0) !== (speed[tally] ?? 0))
    .map((tally) => ({ partition: report.partition, tally, batch: batch[tally] ?? 0, speed: speed[tally] ?? 0 }));
}

function flat({ dead_letters_by_reason, ...numbers }: Tallies): Record<string, number> {
  const byReason = Object.entries(dead_letters_by_reason).map(
    ([reason, count]) => [`dead_letters.${reason}`, count] as const,
  );
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
