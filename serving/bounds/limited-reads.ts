/**
 * The stores as questions read them, with a limit on parallel reads.
 *
 * context.ts puts this queue between the stores and all questions. A cached answer needs no read, so an expensive
 * question delays only other expensive questions. No read waits for another read in here, so the queue cannot deadlock.
 */
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { BatchView } from '../../core/stores/views/batch-view.ts';
import type { DetectionsStore } from '../../core/stores/tables/detections.ts';
import type { SpeedView } from '../../core/stores/views/speed-view.ts';
import type { BoundedQueue } from './bounded-queue.ts';

export interface ReadStores {
  readonly speedView: Pick<SpeedView, 'read' | 'changed' | 'list' | 'firstHour'>;
  readonly batchView: Pick<BatchView, 'read' | 'published' | 'list' | 'firstHour'>;
  readonly detections: Pick<DetectionsStore, 'find'>;
}

export function limitReads({ speedView, batchView, detections }: ReadStores, queue: BoundedQueue): ReadStores {
  const queued = <T>(limits: ReadLimits | undefined, read: () => Promise<T>): Promise<T> =>
    queue.run(limits?.signal, read);
  return {
    speedView: {
      read: (scope, epochs, hours, levels, minutes, limits) =>
        queued(limits, () => speedView.read(scope, epochs, hours, levels, minutes, limits)),
      changed: (scope, level, spans, since, limits) =>
        queued(limits, () => speedView.changed(scope, level, spans, since, limits)),
      list: (scope, epochs, hours, bounds, limits) =>
        queued(limits, () => speedView.list(scope, epochs, hours, bounds, limits)),
      firstHour: (epoch, before, limits) => queued(limits, () => speedView.firstHour(epoch, before, limits)),
    },
    batchView: {
      read: (scope, horizon, hours, levels, minutes, limits) =>
        queued(limits, () => batchView.read(scope, horizon, hours, levels, minutes, limits)),
      published: (scope, level, hours, epochs, limits) =>
        queued(limits, () => batchView.published(scope, level, hours, epochs, limits)),
      list: (scope, horizon, hours, bounds, limits) =>
        queued(limits, () => batchView.list(scope, horizon, hours, bounds, limits)),
      firstHour: (limits) => queued(limits, () => batchView.firstHour(limits)),
    },
    detections: { find: (ids, limits) => queued(limits, () => detections.find(ids, limits)) },
  };
}
