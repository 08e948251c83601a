/**
 * Held partitions: the stamp of their next record is too far ahead of this clock, so the archive stops before it and a
 * run ends (law L5).
 *
 * archive.ts makes its gate here. Until the clock reaches the stamp or somebody corrects it, the epoch cannot be cut in
 * that partition, because the record may belong to this epoch or to a later one. The scheduler asks `isStillHeld`
 * instead of reading the epoch again and again.
 */
import type { HeldPartition } from '../../core/process/hold-text.ts';
import type { StampRecord, StampRows } from '../../core/stores/control/stamp-rows.ts';
import type { StampGate } from '../../core/stores/control/stamp-gate.ts';
import type { BatchContext } from '../context.ts';
import { isAhead } from '../../core/domain/stamps.ts';
import { Retryable } from '../../core/process/errors.ts';
import { holdText } from '../../core/process/hold-text.ts';
import { stampGate } from '../../core/stores/control/stamp-gate.ts';

/** Ends a run with exit code 5. */
export class StampsAhead extends Retryable {
  readonly heldPartitions: readonly HeldPartition[];
  constructor(heldPartitions: readonly HeldPartition[], aheadMs: number) {
    super('Kafka', heldPartitions.map((partition) => holdText(partition, aheadMs)).join('\n'));
    this.heldPartitions = heldPartitions;
  }
}

/**
 * The gate that decides which stamps may be read now. A dry run records none of its decisions. A rebuild lets every
 * stamp pass: the first reading of the log decided about them.
 */
export function archiveGate({ control, rules, settings, fromArchive }: BatchContext, isDryRun: boolean): StampGate {
  return stampGate({
    control: isDryRun ? stampsInMemory(control) : control,
    logLife: rules.logLife,
    now: Date.now,
    aheadMs: fromArchive === true ? Infinity : settings.brokerAheadMs,
  });
}

/** Keeps in memory, for this reader alone, what would be recorded. */
function stampsInMemory(control: StampRows): StampRows {
  const moved = new Map<number, StampRecord>();
  return {
    async stamps(logLife, partitions) {
      const recorded = await control.stamps(logLife, partitions);
      return partitions.map((partition, i) => moved.get(partition) ?? recorded[i]!);
    },
    async moveStamps(_, partition, from, to) {
      moved.set(partition, { ...to, change: from.change });
      return true;
    },
  };
}

/** A reading of a partition; `hold` says where it stopped because of a stamp. */
type Reading = { readonly hold: HeldPartition | null };

export function heldPartitionsOf(readings: readonly Reading[]): HeldPartition[] {
  return readings.flatMap(({ hold }) => (hold ? [hold] : []));
}

/** Throws StampsAhead if one of the readings stopped before a stamp that is ahead of the clock. */
export function refuseHeld(
  { settings, metrics }: Pick<BatchContext, 'settings' | 'metrics'>,
  readings: readonly Reading[],
): void {
  const heldPartitions = heldPartitionsOf(readings);
  metrics.setHeldPartitions(heldPartitions.length);
  if (heldPartitions.length > 0) throw new StampsAhead(heldPartitions, settings.brokerAheadMs);
}

/** True while the stamp of one of these partitions is still ahead of the clock and nobody has corrected it. */
export async function isStillHeld(
  { control, rules, settings }: BatchContext,
  heldPartitions: readonly HeldPartition[],
  now: number,
): Promise<boolean> {
  const partitions = heldPartitions.map(({ partition }) => partition);
  const records = await control.stamps(rules.logLife, partitions);
  return heldPartitions.some((each, i) => isAhead(each, records[i]!) && each.stamp > now + settings.brokerAheadMs);
}
