/**
 * Exports of serving: rows of a window as a stream of bytes that a client may leave at any time.
 *
 * app.ts makes it over its opened stores, http/export.ts asks for one. Nothing is read further than the client takes:
 * the stream pulls a batch when it has room. However it ends, the reading behind it ends with it and its files are
 * removed; a client that stays and takes nothing is cut, since it holds one of a few places.
 */
import type { Opened } from './context.ts';
import type { ExportQuestion } from '../export/rows.ts';
import type { ServingParts } from './parts.ts';
import { DETECTION_COLUMNS } from '../../core/layout/lake-columns.ts';
import { manyListeners } from '../../core/process/read-limits.ts';
import { parquetOf } from '../../core/stores/lake/parquet-rows.ts';
import { callerSlots } from '../bounds/caller-slots.ts';
import { csvOf } from '../export/csv.ts';
import { lakeRows } from '../export/lake-rows.ts';
import { exportRows } from '../export/rows.ts';
import { AskerLeft, isFault, TooMany } from '../faults.ts';

export const EXPORT_FORMATS = ['parquet', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface Exports {
  /**
   * Resolves when the first rows are known; throws what reading them threw, or TooMany. `caller`: for whom the place
   * counts.
   */
  open(
    question: ExportQuestion & { format: ExportFormat },
    request: Pick<Request, 'signal'>,
    caller: string,
  ): Promise<ReadableStream<Uint8Array>>;
}

const RETRY_AFTER_SECONDS = 30;
/** So long a client may take nothing of what is ready for it. */
const STALLED_MS = 60_000;

export function servingExports({ config, hdfs, metrics, log }: ServingParts, opened: () => Promise<Opened>): Exports {
  const fromLake = lakeRows(hdfs);
  let running = 0;
  const sized = (change: number): void => metrics.exports((running += change));
  const ofCaller = callerSlots({
    most: config.EXPORTS_PER_CALLER,
    what: 'exports',
    variable: 'EXPORTS_PER_CALLER',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
  const takePlace = (caller: string): (() => void) => {
    if (running >= config.EXPORTS_AT_ONCE) {
      throw new TooMany(
        503,
        `${running} exports are running, as many as this process runs at once`,
        RETRY_AFTER_SECONDS,
      );
    }
    return ofCaller.take(caller);
  };
  return {
    async open({ format, ...question }, request, caller) {
      const leavePlace = metrics.countingRefusals('exports', () => takePlace(caller));
      sized(1);
      let isRunning = true;
      const stop = new AbortController();
      const leave = (): void => stop.abort(new AskerLeft());
      const ended = (): void => {
        if (isRunning) {
          sized(-1);
          leavePlace();
        }
        isRunning = false;
        request.signal.removeEventListener('abort', leave);
      };
      request.signal.addEventListener('abort', leave);
      if (request.signal.aborted) leave();
      try {
        const rows = exportRows(question, await opened(), fromLake, { signal: manyListeners(stop.signal) });
        const bytes = format === 'csv' ? csvOf(rows) : parquetOf(DETECTION_COLUMNS, rows);
        const onFault = (fault: unknown): void => {
          if (!isFault('AskerLeft', fault)) log.warn({ err: fault }, 'an export broke off');
        };
        return pulled(bytes, await bytes.next(), {
          request,
          onEnded: ended,
          onFault,
          stop: leave,
          stalledMs: STALLED_MS,
        });
      } catch (fault) {
        ended();
        throw fault;
      }
    },
  };
}

interface PulledOptions {
  readonly request: Pick<Request, 'signal'>;
  readonly onEnded: () => void;
  readonly onFault: (fault: unknown) => void;
  /** Ends what is being read. */
  readonly stop: () => void;
  readonly stalledMs: number;
}

/** A web stream over a generator; what it holds is freed when the client has gone. */
function pulled(
  bytes: AsyncGenerator<Uint8Array>,
  first: IteratorResult<Uint8Array>,
  { request, onEnded, onFault, stop, stalledMs }: PulledOptions,
): ReadableStream<Uint8Array> {
  let next: IteratorResult<Uint8Array> | null = first;
  const free = (): void => {
    // By way of the request, as in streams.ts: its signal is told only for as long as the request itself is held.
    request.signal.removeEventListener('abort', free);
    clearTimeout(stalled);
    stop();
    void bytes.return(undefined).then(onEnded, onEnded);
  };
  let stalled: NodeJS.Timeout | undefined;
  request.signal.addEventListener('abort', free);
  if (request.signal.aborted) free();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(stalled);
        try {
          const { value, done } = next ?? (await bytes.next());
          next = null;
          if (!done) {
            stalled = setTimeout(() => {
              controller.error(new Error('the client takes nothing'));
              free();
            }, stalledMs);
            stalled.unref();
            return controller.enqueue(value);
          }
          free();
          controller.close();
        } catch (fault) {
          onFault(fault);
          free();
          controller.error(fault);
        }
      },
      cancel: free,
    },
    new CountQueuingStrategy({ highWaterMark: 1 }),
  );
}
