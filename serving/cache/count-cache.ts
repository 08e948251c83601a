/**
 * What serving remembers of both views: the one way by which a question about counts comes to its cells.
 *
 * opened.ts makes one for the stores of a generation, so that two generations never meet in it; read.ts asks. It is
 * bounded in bytes. Names are shared by all sheets and are not forgotten one by one: where they alone take half of the
 * room, everything is begun anew.
 */
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import type { BatchHours } from './batch-hours.ts';
import type { SpeedHours } from './speed-hours.ts';
import { batchHours } from './batch-hours.ts';
import { budgetOf } from './budget.ts';
import { Names } from './names.ts';
import { speedHours } from './speed-hours.ts';

export interface CountViews {
  readonly speedView: Pick<SpeedView, 'changed'>;
  readonly batchView: Pick<BatchView, 'published'>;
}

/** Sheets that go together: a question takes all of its own from one. */
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
    const budget = budgetOf(mostBytes, (bytes) => onBytes?.(bytes + names.bytes));
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
