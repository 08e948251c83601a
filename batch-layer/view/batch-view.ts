/**
 * Writes the batch view of an epoch: its hour cells and its list of detections, counted from the published files (laws
 * L5, L9).
 *
 * run.ts hands over local copies whose checksums are those of the published files; serving reads the rows when the
 * horizon has moved. Each kind of cell is one query that streams its groups in the order of cells, so memory does not
 * grow with the number of items. Where names are long, there are several queries, cut by a hash of the name, because
 * DuckDB holds a name once for each minute and place that has it. Cells are absolute and carry the epoch's number as
 * timestamp, so writing them again changes nothing.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { HourKind, MinuteCounts } from '../../core/domain/hour-counts.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { ListEntry } from '../../core/layout/hbase.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import type { Piece } from './put-queue.ts';
import type { BatchContext } from '../context.ts';
import { groupOf } from '../../core/domain/hour-counts.ts';
import { SECOND_MS } from '../../core/domain/time.ts';
import { nameParts, sortBytesFor, textBytes } from '../lake/sizes.ts';
import { putQueue } from './put-queue.ts';

/** `published` is a table expression (SQL) over the epoch's detections files. Returns the number of cells written. */
export async function writeView(context: BatchContext, duck: Duck, epoch: Epoch, published: string): Promise<number> {
  const parts = await namePartsOf(duck, published, `${PLACE}, timestamp_detected // 60000`, context.settings.memoryMb);
  const queue = putQueue(context);
  try {
    for (const [kind, queries] of countQueries(published, parts)) {
      for (const query of queries) {
        for await (const cells of hourCells(duck, query, kind, epoch)) await queue.put(cells);
      }
      await context.mayCrashAt('view_half_written');
    }
    for await (const lists of secondLists(duck, published, epoch)) await queue.put(lists);
    return await queue.finish();
  } finally {
    await queue.close();
  }
}

// ---- counts -------------------------------------------------------------------------------------------------------

const PLACE = 'geographical_location_oid';

/**
 * SQL conditions that cut the groups of a table expression into parts by their names, so that the names of a part fit
 * into memory: GROUP BY holds a name once for each group that has it. To count the groups this groups by the hash of
 * the name, which takes eight bytes.
 */
export async function namePartsOf(duck: Duck, published: string, group: string, memoryMb: number): Promise<string[]> {
  const [total] = await duck.rows(`SELECT CAST(SUM(bytes) AS DOUBLE) AS bytes FROM (
    SELECT ANY_VALUE(${textBytes(['item_name'])}) AS bytes FROM ${published} GROUP BY ${group}, hash(item_name))`);
  return nameParts('item_name', Number(total!.bytes ?? 0), 2 * sortBytesFor(memoryMb));
}

/**
 * The queries of each kind of cell. A row is one minute of a cell; all minutes of a cell follow each other in a query.
 */
function countQueries(published: string, parts: readonly string[]): [HourKind, string[]][] {
  const query = (place: string, item: string, part = 'TRUE'): string =>
    `SELECT timestamp_detected // 3600000 AS hour, timestamp_detected // 60000 % 60 AS minute,
      ${place} AS place, ${item} AS item, COUNT(*) AS n
    FROM ${published} WHERE ${part} GROUP BY ALL ORDER BY hour, place, item, minute`;
  return [
    ['place_item', parts.map((part) => query(PLACE, 'item_name', part))],
    ['item', parts.map((part) => query("''", 'item_name', part))],
    ['place', [query(PLACE, "''")]],
    ['total', [query("''", "''")]],
  ];
}

/** Makes a cell of the rows of its minutes. */
async function* hourCells(duck: Duck, query: string, kind: HourKind, epoch: Epoch): AsyncGenerator<Piece[]> {
  let open: { hour: Row[string]; place: Row[string]; item: string; minutes: MinuteCounts } | null = null;
  const piece = ({ hour, place, item, minutes }: NonNullable<typeof open>): Piece => {
    const location = String(place) as Oid | '';
    const group = kind === 'place_item' ? groupOf(location as Oid) : 'all';
    return { name: { group, hour: Number(hour), epoch }, cell: { kind, location, item, minutes, upTo: epoch } };
  };
  for await (const rows of duck.batches(query)) {
    const full: Piece[] = [];
    for (const { hour, place, item, minute, n } of rows) {
      if (open === null || open.hour !== hour || open.place !== place || open.item !== item) {
        if (open) full.push(piece(open));
        open = { hour: hour!, place: place!, item: item as string, minutes: [] };
      }
      open.minutes.push(Number(minute), Number(n));
    }
    yield full;
  }
  if (open) yield [piece(open)];
}

// ---- the list ------------------------------------------------------------------------------------------------------

const HOUR_SECONDS = 3_600;
/** So that a cell is far smaller than the largest that HBase accepts. */
const ENTRIES_PER_LIST = 2_000;

/** The detections of each second by group, in a fixed order, so that a second run writes the same bytes. */
async function* secondLists(duck: Duck, published: string, epoch: Epoch): AsyncGenerator<Piece[]> {
  const query = `SELECT ${PLACE} AS place, timestamp_detected AS t, detection_oid AS id
    FROM ${published} ORDER BY t, id`;
  let second = -1;
  let first = 0;
  let groups = new Map<number, ListEntry[]>();
  const pieceOf = (group: number, entries: readonly ListEntry[]): Piece => ({
    name: { group, hour: Math.floor(second / HOUR_SECONDS), epoch },
    list: { second: second % HOUR_SECONDS, first: first++, upTo: epoch, entries },
  });
  const allPieces = (): Piece[] => {
    const pieces = [...groups].map(([group, entries]) => pieceOf(group, entries));
    groups = new Map();
    first = 0;
    return pieces;
  };
  for await (const rows of duck.batches(query)) {
    const full: Piece[] = [];
    for (const { place, t, id } of rows) {
      const entry = { id: String(id) as Oid, location: String(place) as Oid, detectedAt: Number(t) as Instant };
      if (Math.floor(entry.detectedAt / SECOND_MS) !== second) {
        full.push(...allPieces());
        second = Math.floor(entry.detectedAt / SECOND_MS);
      }
      const group = groupOf(entry.location);
      const entries = groups.get(group) ?? [];
      groups.set(group, entries);
      if (entries.push(entry) < ENTRIES_PER_LIST) continue;
      full.push(pieceOf(group, entries));
      groups.delete(group);
    }
    yield full;
  }
  yield allPieces();
}
