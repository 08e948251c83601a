/**
 * The rows of a view in Cassandra, under the keys and in the cells of core/layout/hbase.ts: shared by both views.
 *
 * A row is a partition, so a batch of its cells is atomic, as a row is in HBase. A question reads one level of some
 * rows, by their keys; which rows there are is told by the tables speed_rows and batch_rows (row-directory.ts).
 *
 * The rows of the speed view may have a mark of doubt, in a static column: one value for the whole partition. It is
 * written in the same mutation as the cells of a round in doubt, so no replica has such a cell without the mark, and
 * every question reads it along. So the repair of a read gives another replica both as well.
 */
import type { Cell } from '../../hbase/types.ts';
import type { EncodedCell } from '../../layout/hbase.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { CassandraClient, Row, Statement, Value } from './client.ts';
import { inLanes } from '../../process/lanes.ts';
import { DOUBT_COLUMN } from '../../layout/cassandra.ts';
import { chunksOf, writeRows } from './chunks.ts';

export interface ViewRow {
  readonly key: Buffer;
  readonly cells: readonly EncodedCell[];
  /** Writes the mark of doubt too. */
  readonly isDoubtful?: boolean | undefined;
}

/** Which cells of a row. */
export interface CellsQuestion {
  /** A level: a family of hbase.ts. */
  readonly level: string;
  readonly names?: { readonly from: Buffer; readonly to: Buffer } | undefined;
  /** Only cells that include this offset or a later one. */
  readonly since?: number;
}

export type TakeRow = (cells: readonly Cell[], isDoubtful: boolean) => void;

export interface ViewRows {
  /** Writes every cell or throws. A row of more than some thousand cells is written in several steps. */
  put(rows: readonly ViewRow[]): Promise<void>;
  /** Calls `take` once for each row that has such cells; `isDoubtful`: whether the row has the mark of doubt. */
  read(keys: readonly Buffer[], question: CellsQuestion, limits: ReadLimits | undefined, take: TakeRow): Promise<void>;
  /** Every cell of a row. */
  whole(key: Buffer): Promise<Cell[]>;
  /** Removes the row's cells up to this timestamp. */
  remove(rows: readonly { readonly key: Buffer; readonly timestamp: number }[]): Promise<void>;
}

const CELLS_IN_A_BATCH = 1_000;
const BYTES_IN_A_BATCH = 256 * 1_024;
const KEYS_IN_A_QUESTION = 24;
const LANES = 8;
const WRITE_LANES = 32;

/** `mayDoubt`: whether the table has the column of the mark. */
export function viewRows(client: CassandraClient, table: string, { mayDoubt = false } = {}): ViewRows {
  const insert = `INSERT INTO ${table} (row, level, name, value, up_to) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`;
  const mark = `UPDATE ${table} USING TIMESTAMP ? SET ${DOUBT_COLUMN} = true WHERE row = ?`;
  const columns = `row, level, name, value, up_to${mayDoubt ? `, ${DOUBT_COLUMN}` : ''}`;
  return {
    async put(rows) {
      const batches = rows.flatMap(({ cells, ...row }) => piecesOf(cells).map((some) => ({ ...row, some })));
      await inLanes(WRITE_LANES, batches, ({ key, some, isDoubtful }) => {
        const inserts = some.map((cell) => ({ query: insert, params: paramsOf(key, cell) }));
        const marks = isDoubtful ? [{ query: mark, params: [BigInt(latestOf(some)), key] }] : [];
        return client.write([...inserts, ...marks]);
      });
    },
    read: (keys, question, limits, take) =>
      inLanes(LANES, chunksOf(keys, KEYS_IN_A_QUESTION), async (some) => {
        const statement = selectOf(`SELECT ${columns} FROM ${table} WHERE row IN ?`, some, question);
        const rows = rowTaker(take);
        for await (const page of client.pages(statement, limits)) page.forEach(rows.add);
        rows.end();
      }),
    async whole(key) {
      const query = `SELECT ${columns} FROM ${table} WHERE row = ?`;
      return (await client.read({ query, params: [key] })).map(cellOf);
    },
    async remove(rows) {
      const statements = rows.map(({ key, timestamp }) => ({
        query: `DELETE FROM ${table} USING TIMESTAMP ? WHERE row = ?`,
        params: [BigInt(timestamp), key],
      }));
      await writeRows(client, statements);
    },
  };
}

const paramsOf = (key: Buffer, { family, qualifier, value, timestamp }: EncodedCell): Value[] => [
  ...[key, family, qualifier, value],
  ...[BigInt(timestamp), BigInt(timestamp)],
];

/** Most rows are one batch; a very long one is cut, so that no mutation grows past what a node takes. */
function piecesOf(cells: readonly EncodedCell[]): EncodedCell[][] {
  const batches: EncodedCell[][] = [];
  let batch: EncodedCell[] = [];
  let bytes = 0;
  for (const cell of cells) {
    if (batch.length >= CELLS_IN_A_BATCH || bytes >= BYTES_IN_A_BATCH) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(cell);
    bytes += cell.qualifier.length + cell.value.length;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

function selectOf(select: string, keys: readonly Buffer[], { level, names, since }: CellsQuestion): Statement {
  const conditions: [string, Value][] = [[' AND level = ?', level]];
  if (names) conditions.push([' AND name >= ?', names.from], [' AND name < ?', names.to]);
  // The rows are named, so the filter reads no other partition.
  if (since !== undefined) conditions.push([' AND up_to >= ? ALLOW FILTERING', BigInt(since)]);
  return {
    query: select + conditions.map(([text]) => text).join(''),
    params: [keys, ...conditions.map(([, value]) => value)],
  };
}

/** The mark's timestamp: that of the latest cell beside it, so that a prune that takes the cells takes the mark. */
const latestOf = (cells: readonly EncodedCell[]): number =>
  cells.reduce((latest, { timestamp }) => Math.max(latest, timestamp), 0);

/** Cells of one row follow each other, over pages too. Each page says of its cells whether they are doubtful. */
function rowTaker(take: TakeRow): { add(row: Row): void; end(): void } {
  let cells: Cell[] = [];
  let isDoubtful = false;
  const end = (): void => {
    if (cells.length > 0) take(cells, isDoubtful);
    cells = [];
    isDoubtful = false;
  };
  return {
    end,
    add(row) {
      const cell = cellOf(row);
      if (cells.length > 0 && !cells[0]!.row.equals(cell.row)) end();
      cells.push(cell);
      isDoubtful ||= row[DOUBT_COLUMN] === true;
    },
  };
}

function cellOf({ row, level, name, value, up_to: upTo }: Row): Cell {
  return {
    row: row as Buffer,
    family: level as string,
    qualifier: name as Buffer,
    timestamp: Number(upTo),
    value: value as Buffer,
  };
}
