/**
 * The rows of a view in Cassandra, under the keys and in the cells of core/layout/hbase.ts: shared by both views.
 *
 * A row is a partition, so a batch of its cells is atomic, as a row is in HBase. A question reads one level of some
 * rows, by their keys; which rows there are is told by the tables speed_rows and batch_rows (row-directory.ts).
 */
import type { Cell } from '../../hbase/types.ts';
import type { EncodedCell } from '../../layout/hbase.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { CassandraClient, Row, Statement, Value } from './client.ts';
import { inLanes } from '../../process/lanes.ts';
import { batchesOf, chunksOf } from './chunks.ts';

export interface ViewRow {
  readonly key: Buffer;
  readonly cells: readonly EncodedCell[];
}

/** Which cells of a row. */
export interface CellsQuestion {
  /** A level: a family of hbase.ts. */
  readonly level: string;
  readonly names?: { readonly from: Buffer; readonly to: Buffer } | undefined;
  /** Only cells that include this offset or a later one. */
  readonly since?: number;
}

export interface ViewRows {
  /** Writes every cell or throws. A row of more than some thousand cells is written in several steps. */
  put(rows: readonly ViewRow[]): Promise<void>;
  /** Calls `take` once for each row that has such cells. */
  read(
    keys: readonly Buffer[],
    question: CellsQuestion,
    limits: ReadLimits | undefined,
    take: (cells: readonly Cell[]) => void,
  ): Promise<void>;
  /** Every cell of a row. */
  whole(key: Buffer): Promise<Cell[]>;
  /** Removes the row's cells up to this timestamp. */
  remove(rows: readonly { readonly key: Buffer; readonly timestamp: number }[]): Promise<void>;
}

const CELLS_IN_A_BATCH = 1_000;
const BYTES_IN_A_BATCH = 256 * 1_024;
const KEYS_IN_A_QUESTION = 24;
const LANES = 8;
const WRITE_LANES = 16;

export function viewRows(client: CassandraClient, table: string): ViewRows {
  const insert = `INSERT INTO ${table} (row, level, name, value, up_to) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`;
  const columns = 'row, level, name, value, up_to';
  return {
    async put(rows) {
      const batches = rows.flatMap(({ key, cells }) => piecesOf(cells).map((some) => ({ key, some })));
      await inLanes(WRITE_LANES, batches, ({ key, some }) =>
        client.write(some.map((cell) => ({ query: insert, params: paramsOf(key, cell) }))),
      );
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
      await inLanes(LANES, batchesOf(statements), (some) => client.write(some));
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

/** Cells of one row follow each other, over pages too. */
function rowTaker(take: (cells: readonly Cell[]) => void): { add(row: Row): void; end(): void } {
  let cells: Cell[] = [];
  const end = (): void => {
    if (cells.length > 0) take(cells);
    cells = [];
  };
  return {
    end,
    add(row) {
      const cell = cellOf(row);
      if (cells.length > 0 && !cells[0]!.row.equals(cell.row)) end();
      cells.push(cell);
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
