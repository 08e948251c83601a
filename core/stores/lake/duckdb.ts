/**
 * DuckDB in this process: SQL over Parquet files, with bounded memory.
 *
 * The batch layer archives through an appender, reconciles with SQL and writes Parquet with COPY; serving reads the
 * lake with it. The one file that imports @duckdb/node-api. One database is one temporary file-backed instance: what
 * does not fit into its memory limit spills into the folder that the caller owns. 64-bit integers come and go as
 * bigint, bytes as Buffer. No statement can make it fetch or load an extension, or change a setting.
 */
import {
  DuckDBBlobValue,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
} from '@duckdb/node-api';
import type { ReadLimits } from '../../process/read-limits.ts';
import * as accessors from '@duckdb/node-api/lib/vectors/dataAccessors.js';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { EXIT, messageOf, Refusal } from '../../process/errors.ts';

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

/**
 * Appends rows to a table, column by column, in chunks of CHUNK_ROWS. What was appended is in the table after close();
 * before that DuckDB holds up to 204,800 rows beside its memory limit, so FLUSH_BYTES of texts and bytes are handed
 * over to the table at once.
 */
export interface Appender {
  /** As many columns as the table has, each with `rows` values; never more than CHUNK_ROWS rows. */
  append(columns: readonly (readonly Cell[])[], rows: number): void;
  close(): void;
}

/** Rows of a vector: the least that DuckDB hands from step to step, whatever a row weighs. */
export const CHUNK_ROWS = 2_048;
const FLUSH_BYTES = 8_388_608;

/**
 * The driver's decoder takes U+FEFF at the beginning of a text for a mark and drops it. A name may begin with it, and
 * is another name then. Node gives a CommonJS module as `default`, a bundler may give it itself.
 */
const driver = ('default' in accessors ? accessors.default : accessors) as {
  textDecoder: { decode(bytes: Uint8Array): string };
};
driver.textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export async function openDuck(options: DuckOptions): Promise<Duck> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${options.memoryMb}MB`,
    threads: String(options.threads),
    temp_directory: options.spillFolder,
  });
  const connection = await instance.connect();
  for (const setting of FIXED_SETTINGS) await connection.run(setting);
  await connection.run(SPARK_NAMES);
  const withFault = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((fault: unknown) => Promise.reject(asFault(fault, options)));
  return {
    async run(sql, parameters) {
      await withFault(connection.run(sql, parameters && toDriverValues(parameters)));
    },
    async rows(sql, parameters, limits) {
      const answer = await withFault(
        interruptible(connection, limits, () =>
          connection.runAndReadAll(sql, parameters && toDriverValues(parameters)),
        ),
      );
      return answer.getRowObjects().map(plainRow);
    },
    async *batches(sql, limits) {
      try {
        yield* batches(instance, sql, limits);
      } catch (fault) {
        throw asFault(fault, options);
      }
    },
    appender: async (table) => appenderOf(await instance.connect(), table),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A Refusal for want of memory: the same limit would end the same way. */
function asFault(fault: unknown, { memoryMb }: DuckOptions): unknown {
  if (!messageOf(fault).startsWith('Out of Memory Error')) return fault;
  return new Refusal(
    EXIT.usage,
    `DuckDB needed more than the ${memoryMb} MB that it may use (${messageOf(fault).split('\n')[0]}). ` +
      'Give it more memory (BATCH_MEMORY_MB for the batch layer) and run again.',
  );
}

/**
 * Of all connections, in this order: the last one locks the settings. INSTALL and LOAD are statements, so no setting
 * forbids them: instead the repository and the folder of extensions are a file of the system that is no folder.
 */
const FIXED_SETTINGS = [
  "SET GLOBAL TimeZone = 'UTC'",
  'SET autoinstall_known_extensions = false',
  'SET autoload_known_extensions = false',
  'SET allow_community_extensions = false',
  'SET allow_unsigned_extensions = false',
  "SET custom_extension_repository = '/dev/null'",
  "SET extension_directory = '/dev/null'",
  'SET lock_configuration = true',
];

/** A function by Spark's name, for statements that Spark runs too. */
const SPARK_NAMES = 'CREATE MACRO timestamp_millis(ms) AS make_timestamptz(ms * 1000)';

/** A file's name as an SQL literal. Bind texts of people, cameras or stores as parameters instead. */
export function quoted(text: string): string {
  if (text.includes('\0'))
    throw new RangeError(`${JSON.stringify(text)} holds U+0000, which ends a statement of SQL; bind it as a parameter`);
  return `'${text.replaceAll("'", "''")}'`;
}

/** Files as a table, with the columns that they have and no other: a folder named `x=1` above them adds none. */
export function parquet(files: readonly string[]): string {
  return `read_parquet([${files.map(quoted).join(', ')}], union_by_name = false, hive_partitioning = false)`;
}

const INTERRUPT_EVERY_MS = 50;

/** Does the work of a connection. When the signal is aborted it interrupts the work and throws the signal's reason. */
async function interruptible<T>(
  connection: DuckDBConnection,
  limits: ReadLimits | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const signal = limits?.signal;
  let repeating: NodeJS.Timeout | undefined;
  // A statement that begins forgets an earlier interrupt, and it begins in another thread. So repeat until it ends.
  const interrupt = (): void => {
    connection.interrupt();
    repeating = setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS);
  };
  signal?.throwIfAborted();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    return await work();
  } catch (fault) {
    signal?.throwIfAborted();
    throw fault;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    clearInterval(repeating);
  }
}

async function* batches(instance: DuckDBInstance, sql: string, limits: ReadLimits | undefined): AsyncIterable<Row[]> {
  const connection = await instance.connect();
  try {
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
  let unflushedBytes = 0;
  return {
    append(columns, rows) {
      chunk.reset();
      chunk.rowCount = rows;
      columns.forEach((values, index) => {
        const vector = chunk.getColumnVector(index) as { setItem(at: number, value: unknown): void; flush(): void };
        for (let at = 0; at < rows; at++) {
          const value = values[at]!;
          if (typeof value === 'object' || typeof value === 'string') unflushedBytes += bytesOf(value);
          vector.setItem(at, driverValue(value));
        }
        vector.flush();
      });
      appender.appendDataChunk(chunk);
      if (unflushedBytes < FLUSH_BYTES) return;
      appender.flushSync();
      unflushedBytes = 0;
    },
    close() {
      appender.closeSync();
      connection.closeSync();
    },
  };
}

/** Bytes of a cell beside its fixed width. Counts a text as ASCII; flushes may come a little late for others. */
function bytesOf(value: Cell): number {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return value.reduce(
    (sum, struct) => sum + Object.values(struct).reduce<number>((all, field) => all + bytesOf(field), 0),
    0,
  );
}

function driverValue(value: Cell): DuckDBValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value)) return new DuckDBBlobValue(value);
  const structs = value as readonly Readonly<Record<string, Value>>[];
  return new DuckDBListValue(structs.map((struct) => new DuckDBStructValue(toDriverValues(struct))));
}

function toDriverValues(values: Readonly<Record<string, Value>>): Record<string, DuckDBValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, driverValue(value)]));
}

function plainRow(row: Readonly<Record<string, DuckDBValue>>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));
}

function plain(value: DuckDBValue): Cell {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof DuckDBListValue)
    return value.items.map((item) => plainRow((item as DuckDBStructValue).entries) as Record<string, Value>);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes);
  if (value instanceof DuckDBTimestampTZValue) return Number(value.micros / 1_000n);
  throw new TypeError(`a value of ${value.constructor.name} was not expected; cast it in SQL`);
}
