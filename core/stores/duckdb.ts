/**
 * DuckDB in this process: SQL over Parquet files, with bounded memory.
 *
 * The batch layer archives through an appender, reconciles with SQL and writes Parquet with COPY; serving reads the lake with
 * it. The one file that imports @duckdb/node-api. One database is one temporary file-backed instance: what does not fit into
 * its memory limit spills into the folder that the caller owns. 64-bit integers come and go as bigint, bytes as Buffer.
 */
import { DuckDBBlobValue, DuckDBDataChunk, DuckDBInstance, DuckDBListValue, DuckDBStructValue, DuckDBTimestampTZValue } from '@duckdb/node-api';
import type { ReadLimits } from '../process/read-limits.ts';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';

export interface DuckOptions {
  readonly memoryMb: number;
  readonly threads: number;
  /** A folder for what spills; made if it is missing. */
  readonly spillFolder: string;
}

export type Value = string | number | bigint | boolean | null | Buffer;
/** A value, or a list of structs. */
export type Cell = Value | readonly Readonly<Record<string, Value>>[];
export type Row = Record<string, Cell>;

export interface Duck {
  run(sql: string, parameters?: Record<string, Value>): Promise<void>;
  /** A statement is interrupted when the signal of its limits is aborted. */
  rows(sql: string, parameters?: Record<string, Value>, limits?: ReadLimits): Promise<Row[]>;
  /** The same without holding the whole answer, on a connection of its own. */
  batches(sql: string, limits?: ReadLimits): AsyncIterable<Row[]>;
  appender(table: string): Promise<Appender>;
  close(): void;
}

/** Appends rows to a table, column by column, in chunks of CHUNK_ROWS. */
export interface Appender {
  /** As many columns as the table has, each with `rows` values; never more than CHUNK_ROWS rows. */
  append(columns: readonly (readonly Cell[])[], rows: number): void;
  close(): void;
}

export const CHUNK_ROWS = 2_048;

export async function openDuck(options: DuckOptions): Promise<Duck> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${options.memoryMb}MB`,
    threads: String(options.threads),
    temp_directory: options.spillFolder,
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(SPARK_NAMES);
  return {
    async run(sql, parameters) {
      await connection.run(sql, parameters && converted(parameters));
    },
    async rows(sql, parameters, limits) {
      const answer = await interruptible(connection, limits, () => connection.runAndReadAll(sql, parameters && converted(parameters)));
      return answer.getRowObjects().map(plainRow);
    },
    batches: (sql, limits) => batches(instance, sql, limits),
    appender: async (table) => appenderOf(await instance.connect(), table),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** What the statements that Spark runs too call by Spark's name. */
const SPARK_NAMES = 'CREATE MACRO timestamp_millis(ms) AS make_timestamptz(ms * 1000)';

/** A text as an SQL literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Does the work of a connection; interrupts it when nobody waits any more, and throws why. */
async function interruptible<T>(connection: DuckDBConnection, limits: ReadLimits | undefined, work: () => Promise<T>): Promise<T> {
  const signal = limits?.signal;
  const interrupt = (): void => connection.interrupt();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    return await work();
  } catch (fault) {
    signal?.throwIfAborted();
    throw fault;
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

async function* batches(instance: DuckDBInstance, sql: string, limits: ReadLimits | undefined): AsyncIterable<Row[]> {
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const answer = await interruptible(connection, limits, () => connection.stream(sql));
    const names = answer.deduplicatedColumnNames();
    const next = () => interruptible(connection, limits, () => answer.fetchChunk());
    for (let chunk = await next(); chunk && chunk.rowCount > 0; chunk = await next()) {
      yield rowsOf(chunk, names);
    }
  } finally {
    connection.closeSync();
  }
}

function rowsOf(chunk: DuckDBDataChunk, names: readonly string[]): Row[] {
  const rows: Row[] = Array.from({ length: chunk.rowCount }, () => ({}));
  names.forEach((name, index) => {
    const vector = chunk.getColumnVector(index);
    for (let at = 0; at < rows.length; at++) rows[at]![name] = plain(vector.getItem(at));
  });
  return rows;
}

/** A connection of its own, so that appending never waits for a statement that is under way. */
async function appenderOf(connection: DuckDBConnection, table: string): Promise<Appender> {
  const appender = await connection.createAppender(table);
  const types: DuckDBType[] = Array.from({ length: appender.columnCount }, (_, index) => appender.columnType(index));
  const chunk = DuckDBDataChunk.create(types, 0);
  return {
    append(columns, rows) {
      chunk.reset();
      chunk.rowCount = rows;
      columns.forEach((values, index) => {
        const vector = chunk.getColumnVector(index) as { setItem(at: number, value: unknown): void; flush(): void };
        for (let at = 0; at < rows; at++) vector.setItem(at, driverValue(values[at]!));
        vector.flush();
      });
      appender.appendDataChunk(chunk);
    },
    close() {
      appender.closeSync();
      connection.closeSync();
    },
  };
}

function driverValue(value: Cell): DuckDBValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value)) return new DuckDBBlobValue(value);
  const structs = value as readonly Readonly<Record<string, Value>>[];
  return new DuckDBListValue(structs.map((struct) => new DuckDBStructValue(converted(struct))));
}

function converted(values: Readonly<Record<string, Value>>): Record<string, DuckDBValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, driverValue(value)]));
}

function plainRow(row: Readonly<Record<string, DuckDBValue>>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));
}

function plain(value: DuckDBValue): Cell {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof DuckDBListValue) return value.items.map((item) => plainRow((item as DuckDBStructValue).entries) as Record<string, Value>);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes);
  if (value instanceof DuckDBTimestampTZValue) return Number(value.micros / 1_000n);
  throw new TypeError(`a value of ${value.constructor.name} was not expected; cast it in SQL`);
}
