/**
 * Exports of serving: the rows of a window as a stream of bytes.
 *
 * app.ts creates it, http/export.ts opens one export for a request. The stream reads a batch only when the client takes
 * one. However an export ends, its reads end too and its files are deleted. A client that takes nothing for a while is
 * disconnected, because it holds one of a few slots.
 */
import type { ServingContext } from './context.ts';
import type { ExportQuestion } from '../export/rows.ts';
import type { ServingParts } from './parts.ts';
import { DETECTION_COLUMNS } from '../../core/layout/lake-columns.ts';
import { manyListeners } from '../../core/process/read-limits.ts';
import { parquetOf } from '../../core/stores/lake/parquet-rows.ts';
import { callerSlots } from '../bounds/caller-slots.ts';
import { csvOf } from '../export/csv.ts';
import { lakeRows } from '../export/lake-rows.ts';
import { exportRows } from '../export/rows.ts';
import { ClientLeft, isFault, TooManyRequests } from '../faults.ts';
import { pullStream } from './pull-stream.ts';

export const EXPORT_FORMATS = ['parquet', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface Exports {
  /**
   * Resolves when the first rows are read; throws the fault of that read, or TooManyRequests. `caller`: the owner of
   * the slot.
   */
  open(
    question: ExportQuestion & { format: ExportFormat },
    request: Pick<Request, 'signal'>,
    caller: string,
  ): Promise<ReadableStream<Uint8Array>>;
}

const RETRY_AFTER_SECONDS = 30;
/** Limit for a client that takes nothing. */
const STALLED_MS = 60_000;

export function servingExports(
  { config, hdfs, metrics, log }: ServingParts,
  openContext: () => Promise<ServingContext>,
): Exports {
  const fromLake = lakeRows(hdfs);
  let running = 0;
  const changeRunning = (change: number): void => metrics.setExports((running += change));
  const ofCaller = callerSlots({
    most: config.EXPORTS_PER_CALLER,
    what: 'exports',
    variable: 'EXPORTS_PER_CALLER',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
  const takeSlot = (caller: string): (() => void) => {
    if (running >= config.EXPORTS_AT_ONCE) {
      throw new TooManyRequests(
        503,
        `${running} exports are running, the limit of this process (EXPORTS_AT_ONCE); try again later`,
        RETRY_AFTER_SECONDS,
      );
    }
    return ofCaller.take(caller);
  };
  return {
    async open({ format, ...question }, request, caller) {
      const releaseSlot = metrics.countRefusal('exports', () => takeSlot(caller));
      changeRunning(1);
      let isRunning = true;
      const stop = new AbortController();
      const stopReading = (): void => stop.abort(new ClientLeft());
      const onEnd = (): void => {
        if (isRunning) {
          changeRunning(-1);
          releaseSlot();
        }
        isRunning = false;
        request.signal.removeEventListener('abort', stopReading);
      };
      request.signal.addEventListener('abort', stopReading);
      if (request.signal.aborted) stopReading();
      try {
        const rows = exportRows(question, await openContext(), fromLake, { signal: manyListeners(stop.signal) });
        const bytes = format === 'csv' ? csvOf(rows) : parquetOf(DETECTION_COLUMNS, rows);
        const onFault = (fault: unknown): void => {
          if (!isFault('ClientLeft', fault)) log.warn({ err: fault }, 'an export has failed');
        };
        return pullStream(bytes, await bytes.next(), {
          request,
          onEnd,
          onFault,
          stop: stopReading,
          stalledMs: STALLED_MS,
        });
      } catch (fault) {
        onEnd();
        throw fault;
      }
    },
  };
}
