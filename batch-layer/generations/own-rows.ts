/**
 * A rebuild that an older version of the program began has first-met rows that it shares with the generation that holds
 * (law L9).
 *
 * commands/rebuild.ts asks before it goes on with it. Nobody may have counted by the rules yet whose rows are set
 * apart.
 */
import type { BatchContext } from '../context.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { allPartitions } from '../../core/domain/growth.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';

/**
 * The recorded rules of a rebuild, with first-met rows of its own; as they are where sharing them does no harm. Throws
 * a Refusal where it does.
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
    `The rebuild of generation ${generation} was begun by an older version of the program, and its workers have counted with first-met rows that ` +
      `generation ${old.generation} counts by too: with another DEDUP_WINDOW_DAYS or CLOCK_AHEAD_DAYS both counts would be wrong. Finish it with the ` +
      'version that began it, then run "batch rebuild" once more with this one: it counts everything anew, with rows of its own.',
  );
}
