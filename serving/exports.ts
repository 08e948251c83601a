/**
 * Exports of serving: rows of a window as a stream of bytes that a client may leave at any time.
 *
 * app.ts makes it over its opened stores, http/export.ts asks for one. Nothing is read further than the client takes: the
 * stream pulls a batch when it has room. However it ends, the reading behind it ends with it and its files are removed.
 */
import type { ServingParts } from './app.ts';
import type { Opened } from './opened.ts';
import type { ExportQuestion } from './export/rows.ts';
import { DETECTION_COLUMNS } from '../core/layout/lake-columns.ts';
import { parquetOf } from '../core/stores/parquet-rows.ts';
import { csvOf } from './export/csv.ts';
import { lakeRows } from './export/lake-rows.ts';
import { exportRows } from './export/rows.ts';
import { TooMany } from './faults.ts';

export const EXPORT_FORMATS = ['parquet', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface Exports {
  /** Resolves when the first rows are known; throws what reading them threw, or TooMany. */
  open(question: ExportQuestion & { format: ExportFormat }, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

const RETRY_AFTER_SECONDS = 30;

export function servingExports({ config, hdfs, metrics, log }: ServingParts, opened: () => Promise<Opened>): Exports {
  const sources = { fromLake: lakeRows(hdfs), pruneGraceMs: config.PRUNE_GRACE_SECONDS * 1_000 };
  let running = 0;
  const sized = (change: number): void => metrics.exports((running += change));
  return {
    async open({ format, ...question }, signal) {
      if (running >= config.EXPORTS_AT_ONCE) {
        throw new TooMany(503, `${running} exports are running, as many as this process runs at once`, RETRY_AFTER_SECONDS);
      }
      sized(1);
      let isRunning = true;
      const ended = (): void => {
        if (isRunning) sized(-1);
        isRunning = false;
      };
      try {
        const rows = exportRows(question, await opened(), sources);
        const bytes = format === 'csv' ? csvOf(rows) : parquetOf(DETECTION_COLUMNS, rows);
        const onFault = (fault: unknown): void => log.warn({ err: fault }, 'an export broke off');
        return pulled(bytes, await bytes.next(), { signal, onEnded: ended, onFault });
      } catch (fault) {
        ended();
        throw fault;
      }
    },
  };
}

/** A web stream over a generator; what it holds is freed when the client has gone. */
function pulled(
  bytes: AsyncGenerator<Uint8Array>,
  first: IteratorResult<Uint8Array>,
  { signal, onEnded, onFault }: { signal: AbortSignal; onEnded: () => void; onFault: (fault: unknown) => void },
): ReadableStream<Uint8Array> {
  let next: IteratorResult<Uint8Array> | null = first;
  const free = (): void => {
    signal.removeEventListener('abort', free);
    void bytes.return(undefined).then(onEnded, onEnded);
  };
  signal.addEventListener('abort', free);
  if (signal.aborted) free();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = next ?? (await bytes.next());
          next = null;
          if (!done) return controller.enqueue(value);
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
