/**
 * Takes a plan to the views, by way of what is remembered of them (cache/): the only reads that a question about counts
 * makes.
 *
 * Between plan.ts and merge.ts: one look at each view that the plan names. Both run side by side; a store that does not
 * answer fails the question, so a partial number cannot arise. Only where the question allows it, the view that does
 * answer is an answer, and `missing` names the other.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { HourLevel, Hours } from '../../core/stores/views/count-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { CountHours } from '../cache/count-cache.ts';
import type { Sheet } from '../cache/sheet.ts';
import type { ReadSheets, SheetsOfPlan } from './merge.ts';
import type { CountPlan, CountQuestion, PlannedRead } from './plan.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { isLong } from '../cache/batch-hours.ts';
import { isFault } from '../faults.ts';

export interface PlanSheets extends SheetsOfPlan {
  /** Null: everything of the plan is there. */
  readonly missing: 'batch' | 'speed' | null;
}

/**
 * The minutes of a place are among those of all places, so that every place's timeline is one read and not a read each;
 * but not over hours that are not remembered.
 */
function cellsOf(
  { scope, subject }: CountPlan['question'],
  hours: Hours,
): { scope: Scope; level: HourLevel; isOneOfAll: boolean } {
  if (subject === 'item') return { scope, level: 'minute_item', isOneOfAll: false };
  if (subject === 'minute' && isLong(hours)) return { scope, level: 'minute', isOneOfAll: false };
  const isOneOfAll = subject === 'minute' && scope !== 'all';
  return { scope: 'all', level: subject === 'place' || isOneOfAll ? 'minute_place' : 'minute', isOneOfAll };
}

/** Questions with the same key take their answers from the same cells, each from its own hours of them. */
export function cellsKeyOf(question: CountQuestion): string {
  const { from, to } = question.window;
  const { scope, level } = cellsOf(question, { from: Math.floor(from / HOUR_MS), to: Math.floor((to - 1) / HOUR_MS) });
  return `${level} ${scope}`;
}

/** `progress`: the partitions' next offsets, read before; every record before them is counted in what comes back. */
export async function readPlan(
  plan: CountPlan,
  progress: readonly number[],
  hours: CountHours,
  limits?: ReadLimits,
): Promise<PlanSheets> {
  const views = (['batch', 'speed'] as const).filter((name) => plan.reads.some(({ view }) => view === name));
  const read = (view: 'batch' | 'speed'): Promise<ReadSheets[]> =>
    readView(
      plan,
      plan.reads.filter((one) => one.view === view),
      progress,
      hours,
      limits,
    );
  const names = hours.names.list;
  if (!plan.question.allowPartial) return { names, parts: (await Promise.all(views.map(read))).flat(), missing: null };
  const parts = await Promise.allSettled(views.map(read));
  const failed = parts.flatMap((part, index) =>
    part.status === 'rejected' ? [{ name: views[index]!, fault: part.reason as unknown }] : [],
  );
  const [first] = failed;
  if (first && (failed.length === views.length || !isFault('Retryable', first.fault))) throw first.fault;
  return {
    names,
    parts: parts.flatMap((part) => (part.status === 'fulfilled' ? part.value : [])),
    missing: first?.name ?? null,
  };
}

/** One look for all sections of the window, dealt out to them by the hour. */
async function readView(
  plan: CountPlan,
  reads: readonly PlannedRead[],
  progress: readonly number[],
  hours: CountHours,
  limits: ReadLimits | undefined,
): Promise<ReadSheets[]> {
  const span = {
    from: Math.min(...reads.map((read) => read.hours.from)),
    to: Math.max(...reads.map((read) => read.hours.to)),
  };
  const { scope, level, isOneOfAll } = cellsOf(plan.question, span);
  const all = await sheetsOf(plan, reads[0]!.view, span, progress, hours, limits);
  return reads.map((read) => {
    const sheets = all.filter(({ hour }) => hour >= read.hours.from && hour <= read.hours.to);
    const isWhole = read.level === 'hour_item' || read.level === 'hour_place';
    if (isWhole && read.view === 'batch')
      return { read, sheets, summed: hours.batch.sums(scope, level, plan.horizon!, read.hours, sheets) };
    return isOneOfAll ? { read, sheets, only: hours.names.known(plan.question.scope) ?? -1 } : { read, sheets };
  });
}

function sheetsOf(
  plan: CountPlan,
  view: 'batch' | 'speed',
  span: Hours,
  progress: readonly number[],
  { batch, speed }: CountHours,
  limits: ReadLimits | undefined,
): Promise<Sheet[]> {
  const { scope, level } = cellsOf(plan.question, span);
  const { horizon, speedEpochs } = plan;
  if (view === 'speed')
    return speed.sheets(scope, level, { epochs: speedEpochs, hours: span, horizon, progress }, limits);
  if (horizon === null) throw new Error('a plan without a horizon reads no batch view');
  return batch.sheets(scope, level, horizon, span, limits);
}
