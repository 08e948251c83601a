/**
 * Takes a plan to the stores: the only reads that a question about counts makes.
 *
 * Between plan.ts and merge.ts. All reads run side by side; a store that does not answer fails the question, so a partial
 * number cannot arise. Only where the question allows it, the view that does answer is an answer, and `missing` names the other.
 */
import type { BatchView } from '../core/stores/batch-view.ts';
import type { SpeedView } from '../core/stores/speed-view.ts';
import type { ReadRows } from './merge.ts';
import type { CountPlan, PlannedRead } from './plan.ts';
import { isFault } from './faults.ts';

export interface CountViews {
  readonly speedView: Pick<SpeedView, 'read'>;
  readonly batchView: Pick<BatchView, 'read'>;
}

export interface PlanRows {
  readonly rows: readonly ReadRows[];
  /** Null: everything of the plan is in the rows. */
  readonly missing: 'batch' | 'speed' | null;
}

export async function readPlan(plan: CountPlan, views: CountViews): Promise<PlanRows> {
  if (plan.question.allowPartial) return readWhatAnswers(plan, views);
  return { rows: await readAll(plan, plan.reads, views), missing: null };
}

function readAll(plan: CountPlan, reads: readonly PlannedRead[], views: CountViews): Promise<ReadRows[]> {
  return Promise.all(reads.map(async (read) => ({ read, rows: await readOne(plan, read, views) })));
}

async function readWhatAnswers(plan: CountPlan, views: CountViews): Promise<PlanRows> {
  const names = (['batch', 'speed'] as const).filter((name) => plan.reads.some(({ view }) => view === name));
  const parts = await Promise.allSettled(names.map((name) => readAll(plan, plan.reads.filter(({ view }) => view === name), views)));
  const failed = parts.flatMap((part, index) => (part.status === 'rejected' ? [{ name: names[index]!, fault: part.reason as unknown }] : []));
  const [first] = failed;
  if (first && (failed.length === names.length || !isFault('Retryable', first.fault))) throw first.fault;
  return { rows: parts.flatMap((part) => (part.status === 'fulfilled' ? part.value : [])), missing: first?.name ?? null };
}

function readOne(plan: CountPlan, { view, hours, level, minutes }: PlannedRead, views: CountViews): Promise<ReadRows['rows']> {
  const { scope } = plan.question;
  if (view === 'speed') return views.speedView.read(scope, plan.speedEpochs, hours, [level], minutes);
  if (plan.horizon === null) throw new Error('a plan without a horizon reads no batch view');
  return views.batchView.read(scope, plan.horizon, hours, [level], minutes);
}
