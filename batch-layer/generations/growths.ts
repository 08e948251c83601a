/**
 * The growths of the topic in a rebuild: the new generation takes over all of them, and each must begin together with
 * one of its epochs (law L3).
 *
 * commands/rebuild.ts checks them twice: before it records the rebuild, because a recorded rebuild must be finished;
 * and after that, when no other growth can begin ("topic grow" looks for a rebuild before and after it records a
 * growth).
 */
import type { Rules, Growth } from '../../core/domain/rules.ts';
import type { BatchContext } from '../context.ts';
import type { GrowthRecord } from '../../core/stores/control/growth-rows.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { epochAt, startOf } from '../../core/domain/epoch.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';

/** Throws a Refusal if a growth is under way, or began within an epoch of these rules. */
export function checkGrowths(
  { growths, growingTo }: Pick<GrowthRecord, 'growths' | 'growingTo'>,
  newRules: Pick<Rules, 'epochSeconds'>,
): void {
  if (growingTo !== null) {
    throw new Refusal(
      EXIT.usage,
      `The topic is growing to ${growingTo} partitions; finish "sightline topic grow --partitions ${growingTo}" first`,
    );
  }
  const midEpoch = growths.find(({ from }) => startOf(epochAt(from, newRules), newRules) !== from);
  if (midEpoch) {
    throw new Refusal(
      EXIT.usage,
      `The topic grew to ${midEpoch.partitions} partitions at ${new Date(midEpoch.from).toISOString()}, in the ` +
        `middle of an epoch of ${newRules.epochSeconds} seconds. The number of partitions must not change within an ` +
        'epoch: choose an EPOCH_SECONDS with which an epoch begins at that time.',
    );
  }
}

/** Records the growths for the new generation, which must be recorded, and returns them. */
export async function takeOverGrowths(
  { control, rules: old }: BatchContext,
  fresh: RecordedRules,
): Promise<readonly Growth[]> {
  const oldRecord = await control.growth(old.generation);
  checkGrowths(oldRecord, fresh);
  const record = await control.growth(fresh.generation);
  if (record.change === 0)
    await control.moveGrowth(fresh.generation, record, { settled: -1, growths: oldRecord.growths, growingTo: null });
  return (await control.growth(fresh.generation)).growths;
}
