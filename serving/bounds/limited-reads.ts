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
      read: (reading, limits) => queued(limits, () => speedView.read(reading, limits)),
      changed: (reading, limits) => queued(limits, () => speedView.changed(reading, limits)),
      list: (reading, limits) => queued(limits, () => speedView.list(reading, limits)),
      firstHour: (epoch, before, limits) => queued(limits, () => speedView.firstHour(epoch, before, limits)),
    },
    batchView: {
      read: (reading, limits) => queued(limits, () => batchView.read(reading, limits)),
      published: (reading, limits) => queued(limits, () => batchView.published(reading, limits)),
      list: (reading, limits) => queued(limits, () => batchView.list(reading, limits)),
      firstHour: (limits) => queued(limits, () => batchView.firstHour(limits)),
    },
    detections: { find: (ids, limits) => queued(limits, () => detections.find(ids, limits)) },
  };
}
