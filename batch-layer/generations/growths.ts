/**
 * A rebuild and the growths of the topic: the new generation takes over all of them, and each must begin with one of
 * its epochs (L3).
 *
 * commands/rebuild.ts asks twice: before it records the rebuild, so that nothing is recorded that could never be
 * finished; and behind, when no other growth is begun any more ("topic grow" looks before and after it records one).
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
  wanted: Pick<Rules, 'epochSeconds'>,
): void {
  if (growingTo !== null) {
    throw new Refusal(
      EXIT.usage,
      `The topic is being given ${growingTo} partitions; finish "sightline topic grow --partitions ${growingTo}" first`,
    );
  }
  const amid = growths.find(({ from }) => startOf(epochAt(from, wanted), wanted) !== from);
  if (amid) {
    throw new Refusal(
      EXIT.usage,
      `The topic grew to ${amid.partitions} partitions at ${new Date(amid.from).toISOString()}, in the middle of an epoch of ${wanted.epochSeconds} ` +
        'seconds, and an epoch has one count of partitions; choose an EPOCH_SECONDS of which an epoch begins then',
    );
  }
}

/** What the new generation, which is recorded, knows of growths from its beginning. */
export async function growthsFor(
  { control, rules: old }: BatchContext,
  fresh: RecordedRules,
): Promise<readonly Growth[]> {
  const found = await control.growth(old.generation);
  checkGrowths(found, fresh);
  const begun = await control.growth(fresh.generation);
  if (begun.change === 0)
    await control.moveGrowth(fresh.generation, begun, { settled: -1, growths: found.growths, growingTo: null });
  return (await control.growth(fresh.generation)).growths;
}
