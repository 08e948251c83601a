/**
 * Reads a plan from the views, through the cache (cache/): the only reads of a question about counts.
 *
 * It stands between plan.ts and merge.ts and reads each view of the plan once. Both reads run in parallel; if a store
 * does not answer, the question fails, so a partial number cannot arise. Only if the question allows it, the view that
 * answers is enough, and `missing` names the other.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { HourLevel, Hours } from '../../core/stores/views/count-view.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { CountHours } from '../cache/count-cache.ts';
import type { Sheet } from '../cache/sheet.ts';
import type { ReadSheets, SheetsOfPlan } from './merge.ts';
import type { CountPlan, CountQuestion } from './plan.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { isLong } from '../cache/batch-hours.ts';
import { isFault } from '../faults.ts';

export interface PlanSheets extends SheetsOfPlan {
  /** The view that did not answer; null if the plan was read completely. */
  readonly missing: 'batch' | 'speed' | null;
}

/**
 * The minutes of all places contain those of one place, so the timelines of all places share one read. Hours that are
 * not cached are read for the one place.
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

/** Questions with the same key read the same kind of cells, each in its own hours. */
export function cellsKeyOf(question: CountQuestion): string {
  const { from, to } = question.window;
  const { scope, level } = cellsOf(question, { from: Math.floor(from / HOUR_MS), to: Math.floor((to - 1) / HOUR_MS) });
  return `${level} ${scope}`;
}

/**
 * `progress`: the next offset of each partition, read before the cells; the result includes every earlier record.
 */
export async function readPlan(
  plan: CountPlan,
  progress: readonly number[],
  hours: CountHours,
  limits?: ReadLimits,
): Promise<PlanSheets> {
  const views = (['batch', 'speed'] as const).filter((name) => plan.reads.some(({ view }) => view === name));
  const read = (view: 'batch' | 'speed'): Promise<ReadSheets[]> => readView({ plan, view, progress, hours, limits });
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

interface ViewRead {
  readonly plan: CountPlan;
  readonly view: 'batch' | 'speed';
  readonly progress: readonly number[];
  readonly hours: CountHours;
  readonly limits: ReadLimits | undefined;
}

/** One read for all sections of the window; each section then gets the sheets of its hours. */
async function readView(viewRead: ViewRead): Promise<ReadSheets[]> {
  const { plan, view, hours } = viewRead;
  const reads = plan.reads.filter((read) => read.view === view);
  const span = {
    from: Math.min(...reads.map((read) => read.hours.from)),
    to: Math.max(...reads.map((read) => read.hours.to)),
  };
  const { scope, level, isOneOfAll } = cellsOf(plan.question, span);
  const all = await readSheets(viewRead, span);
  return reads.map((read) => {
    const sheets = all.filter(({ hour }) => hour >= read.hours.from && hour <= read.hours.to);
    const isWhole = read.level === 'hour_item' || read.level === 'hour_place';
    if (isWhole && view === 'batch') {
      const look = { scope, level, horizon: plan.horizon!, hours: read.hours };
      return { read, sheets, sums: hours.batch.sums(look, sheets) };
    }
    return isOneOfAll ? { read, sheets, onlySubject: hours.names.find(plan.question.scope) ?? -1 } : { read, sheets };
  });
}

function readSheets({ plan, view, progress, hours, limits }: ViewRead, span: Hours): Promise<Sheet[]> {
  const { scope, level } = cellsOf(plan.question, span);
  const { horizon, speedEpochs } = plan;
  if (view === 'speed')
    return hours.speed.sheets(scope, level, { epochs: speedEpochs, hours: span, horizon, progress }, limits);
  if (horizon === null) throw new Error('a plan without a horizon reads no batch view');
  return hours.batch.sheets({ scope, level, horizon, hours: span }, limits);
}
