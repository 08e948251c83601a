/**
 * Partitions whose next record is stamped too far ahead of this clock: the archive stops before it, and a run ends (law
 * L5).
 *
 * archive.ts makes its gate here. Until the stamp is settled or corrected the epoch cannot be cut in that partition:
 * the record may belong to this epoch or to a later one. The scheduler asks `isStillHeld` instead of reading the epoch
 * again and again.
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
  readonly held: readonly HeldPartition[];
  constructor(held: readonly HeldPartition[], aheadMs: number) {
    super('Kafka', held.map((each) => holdText(each, aheadMs)).join('\n'));
    this.held = held;
  }
}

/** `isDry`: nothing is settled for others. What an archive holds was decided before, whatever clocks say now. */
export function archiveGate({ control, rules, settings, fromArchive }: BatchContext, isDry: boolean): StampGate {
  return stampGate({
    control: isDry ? unrecorded(control) : control,
    logLife: rules.logLife,
    now: Date.now,
    aheadMs: fromArchive === true ? Infinity : settings.brokerAheadMs,
  });
}

/** What would be recorded holds for this reader alone. */
function unrecorded(control: StampRows): StampRows {
  const moved = new Map<number, StampRecord>();
  return {
    async stamps(logLife, partitions) {
      const found = await control.stamps(logLife, partitions);
      return partitions.map((partition, i) => moved.get(partition) ?? found[i]!);
    },
    async moveStamps(_, partition, from, to) {
      moved.set(partition, { ...to, change: from.change });
      return true;
    },
  };
}

type Held = { readonly held: HeldPartition | null };

export function heldPartitionsOf(readings: readonly Held[]): HeldPartition[] {
  return readings.flatMap(({ held }) => (held ? [held] : []));
}

/** Throws if one of them stands before a stamp that is ahead. */
export function refuseHeld(
  { settings, metrics }: Pick<BatchContext, 'settings' | 'metrics'>,
  readings: readonly Held[],
): void {
  const held = heldPartitionsOf(readings);
  metrics.held(held.length);
  if (held.length > 0) throw new StampsAhead(held, settings.brokerAheadMs);
}

/** Whether one of these partitions would still be held: no clock has come there, and nothing was corrected. */
export async function isStillHeld(
  { control, rules, settings }: BatchContext,
  held: readonly HeldPartition[],
  now: number,
): Promise<boolean> {
  const records = await control.stamps(
    rules.logLife,
    held.map(({ partition }) => partition),
  );
  return held.some((each, i) => isAhead(each, records[i]!) && each.stamp > now + settings.brokerAheadMs);
}
