/**
 * The batch view of an epoch: cells of every level and the list of detections, counted from the published files (laws L5, L9).
 *
 * run.ts hands it local copies whose checksums are those of the published files; serving sees the rows once the horizon has
 * moved. Each level is one query that streams its groups, so memory does not grow with the number of items; cells are absolute
 * and carry the epoch's number, so writing them again changes nothing.
 */
import type { CountCell, Level, Scope } from '../core/domain/counts.ts';
import type { Epoch } from '../core/domain/epoch.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Instant } from '../core/domain/time.ts';
import type { BatchRowWrite } from '../core/stores/batch-view.ts';
import type { ListedDetection } from '../core/stores/count-view.ts';
import type { Duck, Row } from '../core/stores/duckdb.ts';
import type { BatchContext } from './context.ts';
import { COMMAND_RETRY, retrying } from '../core/process/retry.ts';

const CELLS_PER_PUT = 2_000;
const BYTES_PER_PUT = 300_000;
const CELL_BYTES = 64;
const PUTS_AT_ONCE = 3;

/** `published` is a table expression over the epoch's detections files. Returns the number of cells written. */
export async function writeView(context: BatchContext, duck: Duck, epoch: Epoch, published: string): Promise<number> {
  const line = putLine(context);
  for (const query of levelQueries(published)) {
    for await (const rows of duck.batches(query)) await line.put(countWrites(epoch, rows));
    await context.reached('view_half_written');
  }
  for await (const rows of duck.batches(listQuery(published))) await line.put(listWrites(epoch, rows));
  return line.all();
}

// ---- what is counted -----------------------------------------------------------------------------------------------

const HOUR = 'timestamp_detected // 3600000';
const MINUTE = 'timestamp_detected // 60000 % 60';
const PLACE = 'geographical_location_oid';

/** One query a level and scope; each row names scope ('all' is NULL), hour, minute, subject and count. */
function levelQueries(published: string): string[] {
  const query = (level: Level, place: string, minute: string, subject: string): string =>
    `SELECT '${level}' AS level, ${place} AS place, ${HOUR} AS hour, ${minute} AS minute,
      CAST(${subject} AS VARCHAR) AS subject, COUNT(*) AS n
    FROM ${published} GROUP BY ALL ORDER BY hour, place`;
  const ofScope = (place: string): string[] => [
    query('minute_item', place, MINUTE, 'item_name'),
    query('hour_item', place, '0', 'item_name'),
    query('minute', place, MINUTE, "''"),
  ];
  return [
    ...ofScope(PLACE),
    ...ofScope('NULL'),
    query('minute_place', 'NULL', MINUTE, PLACE),
    query('hour_place', 'NULL', '0', PLACE),
  ];
}

function listQuery(published: string): string {
  return `SELECT ${PLACE} AS place, ${HOUR} AS hour, timestamp_detected AS t, detection_oid AS id FROM ${published}
    ORDER BY hour, place`;
}

function countWrites(epoch: Epoch, rows: readonly Row[]): BatchRowWrite[] {
  return grouped(epoch, rows, (row): CountCell => {
    const { level, minute, subject, n } = row;
    return { level: level as Level, minute: Number(minute), subject: subject as string, count: Number(n), upTo: epoch };
  }).map(({ name, entries }) => ({ name, cells: entries, listed: [] }));
}

function listWrites(epoch: Epoch, rows: readonly Row[]): BatchRowWrite[] {
  return grouped(epoch, rows, (row): ListedDetection => ({ id: String(row.id) as Oid, detectedAt: Number(row.t) as Instant })).map(
    ({ name, entries }) => ({ name, cells: [], listed: entries }),
  );
}

/** Rows of one batch by the row of the view that they belong to. */
function grouped<Entry>(epoch: Epoch, rows: readonly Row[], entryOf: (row: Row) => Entry): { name: BatchRowWrite['name']; entries: Entry[] }[] {
  const groups = new Map<string, { name: BatchRowWrite['name']; entries: Entry[] }>();
  for (const row of rows) {
    const key = `${row.hour} ${row.place}`;
    let group = groups.get(key);
    if (!group) {
      const scope: Scope = row.place === null ? 'all' : (String(row.place) as Oid);
      group = { name: { scope, hour: Number(row.hour), epoch }, entries: [] };
      groups.set(key, group);
    }
    group.entries.push(entryOf(row));
  }
  return [...groups.values()];
}

// ---- how it is written ---------------------------------------------------------------------------------------------

interface PutLine {
  put(writes: readonly BatchRowWrite[]): Promise<void>;
  all(): Promise<number>;
}

/** Puts of bounded size, a few under way at a time. */
function putLine(context: BatchContext): PutLine {
  const underWay = new Set<Promise<void>>();
  let cells = 0;
  let fault: unknown = null;
  const start = (writes: BatchRowWrite[]): void => {
    const put = retrying(COMMAND_RETRY, () => context.batchView.put(writes), { signal: context.signal })
      .catch((thrown: unknown) => {
        fault ??= thrown;
      })
      .finally(() => underWay.delete(put));
    underWay.add(put);
  };
  const throwFault = (): void => {
    if (fault !== null) throw fault;
  };
  return {
    async put(writes) {
      for (const part of parts(writes)) {
        context.signal.throwIfAborted();
        throwFault();
        if (underWay.size >= PUTS_AT_ONCE) await Promise.race(underWay);
        start(part);
        cells += sizeOf(part);
      }
      context.say.progress('view', cells, 'cells');
    },
    async all() {
      await Promise.all(underWay);
      throwFault();
      return cells;
    },
  };
}

const sizeOf = (writes: readonly BatchRowWrite[]): number =>
  writes.reduce((sum, { cells, listed }) => sum + cells.length + listed.length, 0);

/** Puts of at most so many cells and bytes: a long item name stands in the cell, and a row of a put is one mutation. */
function* parts(writes: readonly BatchRowWrite[]): Iterable<BatchRowWrite[]> {
  let part: (BatchRowWrite & { cells: CountCell[]; listed: ListedDetection[] })[] = [];
  let size = 0;
  let bytes = 0;
  for (const { name, cells, listed } of writes) {
    let open: (typeof part)[number] | null = null;
    for (const entry of [...cells, ...listed]) {
      const entryBytes = CELL_BYTES + ('subject' in entry ? Buffer.byteLength(entry.subject) : 0);
      if (size === CELLS_PER_PUT || (size > 0 && bytes + entryBytes > BYTES_PER_PUT)) {
        yield part;
        [part, size, bytes, open] = [[], 0, 0, null];
      }
      if (!open) part.push((open = { name, cells: [], listed: [] }));
      if ('subject' in entry) open.cells.push(entry);
      else open.listed.push(entry);
      size += 1;
      bytes += entryBytes;
    }
  }
  if (part.length > 0) yield part;
}
