/**
 * The cache of both views: every question about counts gets its cells from here.
 *
 * context.ts makes one cache for each generation, so that cells of two generations never mix; read.ts reads it. A
 * forgetting that takes counts ends it: answers on later snapshots begin anew, with the new cells. Its size is limited
 * in bytes. All sheets share one table of names, which only grows: when names take half of the limit, the cache starts
 * again empty.
 */
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import type { BatchHours } from './batch-hours.ts';
import type { SpeedHours } from './speed-hours.ts';
import type { NewestForgetting } from '../../core/stores/control/forgetting-row.ts';
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
  /** Of answers on snapshots with this forgetting. */
  hours(forgetting?: NewestForgetting | null): CountHours;
}

/** The view with the cells of a change laid over it, as long as they are being written. */
export type WithRecounted = (view: CountViews['batchView'], change: number) => CountViews['batchView'];

export function countCache(
  { speedView, batchView }: CountViews,
  mostBytes: number,
  { onBytes, withRecounted }: { onBytes?: (bytes: number) => void; withRecounted?: WithRecounted } = {},
): CountCache {
  const begin = (view: CountViews['batchView']): CountHours => {
    const names = new Names();
    const budget = createBudget(mostBytes, (bytes) => onBytes?.(bytes + names.bytes));
    return { names, batch: batchHours(view, names, budget), speed: speedHours(speedView, names, budget) };
  };
  const viewFor = (forgetting: NewestForgetting | null): CountViews['batchView'] =>
    forgetting?.isUnderWay && forgetting.countsChange === forgetting.change && withRecounted
      ? withRecounted(batchView, forgetting.change)
      : batchView;
  let view = batchView;
  let current = begin(view);
  let countsChange = 0;
  return {
    hours(forgetting = null) {
      const wanted = forgetting?.countsChange ?? 0;
      // An answer on an older snapshot: nobody else may use what it reads.
      if (wanted < countsChange) return begin(batchView);
      if (wanted > countsChange) {
        view = viewFor(forgetting);
        current = begin(view);
        countsChange = wanted;
      }
      if (current.names.bytes > mostBytes / 2) current = begin(view);
      return current;
    },
  };
}
