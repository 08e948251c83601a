/**
 * Where an epoch starts in the log: an offset and an arrival for each partition (law L5).
 *
 * The archive begins to read there; the previous epoch's cuts, which the horizon keeps, say where it is. Pure.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { BatchContext } from '../context.ts';
import type { EpochStart } from '../model.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { BEFORE_ALL } from '../../core/domain/arrival.ts';
import { allPartitions } from '../../core/domain/growth.ts';

/** Where the epoch before ended, or where the generation begins. */
export function epochStartOf(
  { rules }: Pick<BatchContext, 'rules'>,
  { epoch, horizon }: { epoch: Epoch; horizon: Horizon | null },
): EpochStart {
  return epochStartAt(rules, epoch, horizon?.cuts ?? [], horizon?.arrivals ?? []);
}

/**
 * A partition that the epoch before did not know begins where the generation does, at its first record if it came by
 * growing.
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
