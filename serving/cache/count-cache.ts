/**
 * The cache of both views: every question about counts gets its cells from here.
 *
 * context.ts makes one cache for each generation, so that cells of two generations never mix; read.ts reads it. Its
 * size is limited in bytes. All sheets share one table of names, which only grows: when names take half of the limit,
 * the cache starts again empty.
 */
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import type { BatchHours } from './batch-hours.ts';
import type { SpeedHours } from './speed-hours.ts';
import { batchHours } from './batch-hours.ts';
import { createBudget } from './budget.ts';
import { Names } from './names.ts';
import { speedHours } from './speed-hours.ts';

export interface CountViews {
  readonly speedView: Pick<SpeedView, 'changed'>;
  readonly batchView: Pick<BatchView, 'published'>;
}

/** Hours whose sheets share one table of names: a question takes all of its sheets from the same one. */
export interface CountHours {
  readonly names: Names;
  readonly batch: BatchHours;
  readonly speed: SpeedHours;
}

export interface CountCache {
  hours(): CountHours;
}

export function countCache(
  { speedView, batchView }: CountViews,
  mostBytes: number,
  onBytes?: (bytes: number) => void,
): CountCache {
  const begin = (): CountHours => {
    const names = new Names();
    const budget = createBudget(mostBytes, (bytes) => onBytes?.(bytes + names.bytes));
    return { names, batch: batchHours(batchView, names, budget), speed: speedHours(speedView, names, budget) };
  };
  let current = begin();
  return {
    hours() {
      if (current.names.bytes > mostBytes / 2) current = begin();
      return current;
    },
  };
}
