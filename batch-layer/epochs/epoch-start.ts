/**
 * The epoch start: the offset and the arrival in each partition at which the archive begins to read an epoch (law L5).
 *
 * They are the cuts and arrivals of the epoch before, which the horizon keeps. prepare.ts, archive-now.ts and
 * reprocess.ts ask for it. Pure.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { BatchContext } from '../context.ts';
import type { EpochStart } from '../model.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { BEFORE_ALL } from '../../core/domain/arrival.ts';
import { allPartitions } from '../../core/domain/growth.ts';

/** The end of the epoch at the horizon; without a horizon, the beginning of the generation. */
export function epochStartOf(
  { rules }: Pick<BatchContext, 'rules'>,
  { epoch, horizon }: { epoch: Epoch; horizon: Horizon | null },
): EpochStart {
  return epochStartAt(rules, epoch, horizon?.cuts ?? [], horizon?.arrivals ?? []);
}

/**
 * A partition that the epoch before did not have starts where the generation starts; if it was added to the topic
 * later, at its first record.
 */
export function epochStartAt(
  rules: Rules,
  epoch: Epoch,
  cuts: readonly number[],
  arrivals: readonly Instant[],
): EpochStart {
  return {
    epoch,
    firsts: allPartitions(rules).map((partition) => cuts[partition] ?? rules.firstOffsets[partition] ?? 0),
    arrivals: allPartitions(rules).map((partition) => arrivals[partition] ?? BEFORE_ALL),
  };
}
