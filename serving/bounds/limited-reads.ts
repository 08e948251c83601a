/**
 * The stores as questions read them, with a bound on how many reads are under way at once.
 *
 * opened.ts puts it between the stores and everything that asks. What is remembered needs no turn, so a question that
 * costs much holds up others that cost much, and nobody else. No read waits for another one in here, so turns cannot
 * wait for each other.
 */
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { DetectionsStore } from '../../core/stores/tables/detections.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import type { Turnstile } from './bounded-queue.ts';

export interface ReadStores {
  readonly speedView: Pick<SpeedView, 'read' | 'changed' | 'list' | 'firstHour'>;
  readonly batchView: Pick<BatchView, 'read' | 'published' | 'list' | 'firstHour'>;
  readonly detections: Pick<DetectionsStore, 'find'>;
}

export function readsInTurn({ speedView, batchView, detections }: ReadStores, turns: Turnstile): ReadStores {
  const inTurn = <T>(limits: ReadLimits | undefined, read: () => Promise<T>): Promise<T> =>
    turns.pass(limits?.signal, read);
  return {
    speedView: {
      read: (scope, epochs, hours, levels, minutes, limits) =>
        inTurn(limits, () => speedView.read(scope, epochs, hours, levels, minutes, limits)),
      changed: (scope, level, spans, since, limits) =>
        inTurn(limits, () => speedView.changed(scope, level, spans, since, limits)),
      list: (scope, epochs, hours, bounds, limits) =>
        inTurn(limits, () => speedView.list(scope, epochs, hours, bounds, limits)),
      firstHour: (epoch, before, limits) => inTurn(limits, () => speedView.firstHour(epoch, before, limits)),
    },
    batchView: {
      read: (scope, horizon, hours, levels, minutes, limits) =>
        inTurn(limits, () => batchView.read(scope, horizon, hours, levels, minutes, limits)),
      published: (scope, level, hours, epochs, limits) =>
        inTurn(limits, () => batchView.published(scope, level, hours, epochs, limits)),
      list: (scope, horizon, hours, bounds, limits) =>
        inTurn(limits, () => batchView.list(scope, horizon, hours, bounds, limits)),
      firstHour: (limits) => inTurn(limits, () => batchView.firstHour(limits)),
    },
    detections: { find: (ids, limits) => inTurn(limits, () => detections.find(ids, limits)) },
  };
}
