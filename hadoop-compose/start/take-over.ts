/**
 * The first thing that `npm start` does: takes over what an earlier one left behind when it was killed (kill -9, out of
 * memory).
 *
 * It ends the parts and cameras of the earlier start, because they may have other options or hang. The daemons go on,
 * because they take long to start and do not depend on those options; this start stops them when it ends. It does not
 * take over daemons that a person started by hand.
 */
import { allDaemonNames } from '../cluster/daemons.ts';
import { endLeftBehind } from '../cluster/left-behind.ts';
import { holdLock } from '../../core/process/lock.ts';
import { pidOf } from '../cluster/processes.ts';
import type { Say } from '../../core/process/step-log.ts';
import type { Stack } from '../stack/stack.ts';
import { becomeStarter, forgetStarter, starterOf } from '../cluster/starter.ts';
import type { StopOrders } from '../../core/process/life.ts';

/** Whether daemons were taken over. `footageFolder`: the agent's, whose Flume carries a mark of its own. */
export async function takeOver(
  stack: Stack,
  footageFolder: string,
  say: Say,
  { stop, hurry }: StopOrders,
): Promise<boolean> {
  const release = await holdLock(stack, 'npm start', stop);
  try {
    await endLeftBehind(stack, say, hurry);
    await endLeftBehind({ folder: footageFolder }, say, hurry);
    const starter = starterOf(stack);
    if (starter?.state !== 'gone') return false;
    const running = allDaemonNames.filter((name) => pidOf(stack, name) !== undefined);
    if (running.length === 0) {
      forgetStarter(stack);
      return false;
    }
    becomeStarter(stack);
    say(
      'cluster',
      `npm start (process ${starter.pid}) was killed; its daemons are taken over and stopped when this start ` +
        `ends: ${running.join(', ')}`,
    );
    return true;
  } finally {
    await release();
  }
}
