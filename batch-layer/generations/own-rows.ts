/**
 * Gives a rebuild that an older version of the program began first-met rows of its own: in that version it shared them
 * with the current generation (law L9).
 *
 * commands/rebuild.ts calls it before it goes on with such a rebuild. This is possible only while no worker has counted
 * for the new generation.
 */
import type { BatchContext } from '../context.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { allPartitions } from '../../core/domain/growth.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';

/**
 * Returns the recorded rules of a rebuild, changed so that it has first-met rows of its own. If workers have counted,
 * the rules stay as they are where sharing does no harm; where it does, this throws a Refusal.
 */
export async function withOwnRows(
  { control, rules: old }: Pick<BatchContext, 'control' | 'rules'>,
  recorded: RecordedRules,
): Promise<RecordedRules> {
  if (recorded.ownFirstMet) return recorded;
  const { generation, dedupWindowDays, clockAheadDays } = recorded;
  const progress = await control.progress(generation, allPartitions(old));
  if (progress.every((each) => each === null)) {
    await control.moveRebuild(recorded, { ...recorded, ownFirstMet: true });
    return (await control.rebuilding(generation)) ?? recorded;
  }
  if (dedupWindowDays === old.dedupWindowDays && clockAheadDays === old.clockAheadDays) return recorded;
  throw new Refusal(
    EXIT.data_check_failed,
    `An older version of the program began the rebuild of generation ${generation}, and its workers have ` +
      `counted with the first-met rows of generation ${old.generation}. With another DEDUP_WINDOW_DAYS or ` +
      'CLOCK_AHEAD_DAYS the counts of both generations would be wrong. Finish the rebuild with the version that ' +
      'began it, then run "batch rebuild" with this version: it counts everything again, with first-met rows of ' +
      'its own.',
  );
}
