/**
 * Takes a plan to the stores: the only reads that a question about counts makes.
 *
 * Between plan.ts and merge.ts. All reads run side by side; a store that does not answer fails the question, so a partial
 * number cannot arise.
 */
import type { BatchView } from '../core/stores/batch-view.ts';
import type { SpeedView } from '../core/stores/speed-view.ts';
import type { ReadRows } from './merge.ts';
import type { CountPlan, PlannedRead } from './plan.ts';

export interface CountViews {
  readonly speedView: Pick<SpeedView, 'read'>;
  readonly batchView: Pick<BatchView, 'read'>;
}

export function readPlan(plan: CountPlan, views: CountViews): Promise<ReadRows[]> {
  return Promise.all(plan.reads.map(async (read) => ({ read, rows: await readOne(plan, read, views) })));
}

function readOne(plan: CountPlan, { view, hours, level, minutes }: PlannedRead, views: CountViews): Promise<ReadRows['rows']> {
  const { scope } = plan.question;
  if (view === 'speed') return views.speedView.read(scope, plan.speedEpochs, hours, [level], minutes);
  if (plan.horizon === null) throw new Error('a plan without a horizon reads no batch view');
  return views.batchView.read(scope, plan.horizon, hours, [level], minutes);
}
