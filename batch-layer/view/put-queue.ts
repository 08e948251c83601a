/**
 * Writes the batch view to HBase in puts of bounded size, a few at a time.
 *
 * batch-view.ts hands over pieces of rows as it counts them; pieces of one row that come together go into one mutation.
 * Memory holds only the puts that are under way, however large the epoch is.
 */
import type { HourCell, HourRowName } from '../../core/domain/hour-counts.ts';
import type { ListWrite } from '../../core/stores/views/list-view.ts';
import type { BatchRowWrite } from '../../core/stores/views/batch-view.ts';
import type { BatchContext } from '../context.ts';
import { hourRowKey } from '../../core/domain/hour-counts.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';

const CELLS_PER_PUT = 2_000;
const BYTES_PER_PUT = 300_000;
const CELL_BYTES = 64;
const MINUTE_BYTES = 3;
const ENTRY_BYTES = 18;
const PUTS_AT_ONCE = 3;

/** A part of a row: a count cell, or a part of the list of detections. */
export type Piece = { readonly name: HourRowName } & ({ readonly cell: HourCell } | { readonly list: ListWrite });

interface PutQueue {
  put(pieces: readonly Piece[]): Promise<void>;
  /** Waits until all pieces are written; returns the number of cells. */
  finish(): Promise<number>;
  /** Ends the retries of puts that are under way and waits for them; throws nothing. After it, nothing is written. */
  close(): Promise<void>;
}

export function putQueue(context: BatchContext): PutQueue {
  const puts = new Set<Promise<void>>();
  let open = newPart();
  let cells = 0;
  const failure = new AbortController();
  const send = async (): Promise<void> => {
    const writes = [...open.rows.values()];
    cells += open.cells;
    open = newPart();
    context.signal.throwIfAborted();
    failure.signal.throwIfAborted();
    if (puts.size >= PUTS_AT_ONCE) await Promise.race(puts);
    const put = withRetry(COMMAND_RETRY, () => context.batchView.put(writes), {
      signal: [context.signal, failure.signal],
    })
      .catch((thrown: unknown) => failure.abort(thrown))
      .finally(() => puts.delete(put));
    puts.add(put);
    context.progressLine.update('view', cells, 'cells');
  };
  return {
    async put(pieces) {
      for (const piece of pieces) {
        if (!open.add(piece)) {
          await send();
          open.add(piece);
        }
      }
    },
    async finish() {
      if (open.cells > 0) await send();
      await Promise.all(puts);
      failure.signal.throwIfAborted();
      return cells;
    },
    async close() {
      failure.abort();
      await Promise.all(puts);
    },
  };
}

interface Part {
  readonly rows: Map<string, Mutable<BatchRowWrite>>;
  readonly cells: number;
  /** Returns false if the part is full and the piece was not added. An empty part takes any piece. */
  add(piece: Piece): boolean;
}
type Mutable<T> = { [K in keyof T]: T[K] extends readonly (infer Entry)[] ? Entry[] : T[K] };

function newPart(): Part {
  const rows = new Map<string, Mutable<BatchRowWrite>>();
  let cells = 0;
  let bytes = 0;
  return {
    rows,
    get cells() {
      return cells;
    },
    add(piece) {
      const size = bytesOf(piece);
      if (cells > 0 && (cells === CELLS_PER_PUT || bytes + size > BYTES_PER_PUT)) return false;
      const key = hourRowKey(piece.name);
      let row = rows.get(key);
      if (!row) rows.set(key, (row = { name: piece.name, cells: [], listed: [] }));
      if ('cell' in piece) row.cells.push(piece.cell);
      else row.listed.push(piece.list);
      cells++;
      bytes += size;
      return true;
    },
  };
}

function bytesOf(piece: Piece): number {
  if ('list' in piece) return CELL_BYTES + ENTRY_BYTES * piece.list.entries.length;
  return CELL_BYTES + Buffer.byteLength(piece.cell.item) + (MINUTE_BYTES * piece.cell.minutes.length) / 2;
}
