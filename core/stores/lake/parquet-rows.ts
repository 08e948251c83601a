/**
 * Rows as a Parquet file, in pieces as they come: what people download from the app, and packs of footage.
 *
 * Serving and footage/packs/ hand over batches of rows by column name and pass the bytes on; the one file that imports
 * parquetjs. The batch layer writes the lake with DuckDB, which needs a file on a disk; a download has none. Memory
 * holds one row group; its number of rows and the bytes of its texts and blobs are limited. Columns are those of
 * layout/lake-columns.ts or layout/footage-packs.ts; every one may be null here. Pages of the first version, which
 * every reader knows. A blob is neither compressed nor cut: its bytes stand in the file in one piece.
 */
import parquet from 'parquetjs';
import type { Columns } from '../../layout/lake-columns.ts';

/** Oids as decimal text or bigint, times as milliseconds. */
export type ParquetRow = { readonly [column: string]: string | number | bigint | Buffer | null };

const ROW_GROUP_ROWS = 32_768;
const ROW_GROUP_BYTES = 16_777_216;
const PAGE_ROWS = 4_096;
const TYPE_OF: Readonly<Record<string, 'INT32' | 'INT64' | 'UTF8' | 'TIMESTAMP_MICROS' | 'BYTE_ARRAY'>> = {
  INTEGER: 'INT32',
  BIGINT: 'INT64',
  VARCHAR: 'UTF8',
  TIMESTAMPTZ: 'TIMESTAMP_MICROS',
  BLOB: 'BYTE_ARRAY',
};

export async function* parquetOf(
  columns: Columns,
  batches: AsyncIterable<readonly object[]>,
): AsyncGenerator<Uint8Array> {
  const written: Buffer[] = [];
  const into = {
    write: (bytes: Buffer, done: (fault?: Error | null) => void): void => {
      written.push(bytes);
      done();
    },
    end: (done: (fault?: Error | null) => void): void => done(),
  };
  const options = { rowGroupSize: ROW_GROUP_ROWS, pageSize: PAGE_ROWS, useDataPageV2: false, pageIndex: false };
  const writer = await parquet.ParquetWriter.openStream(schemaOf(columns), into as never, options as never);
  const times = columns.filter(([, type]) => type === 'TIMESTAMPTZ').map(([name]) => name);
  let bytes = 0;
  for await (const rows of batches) {
    for (const row of rows) {
      bytes += bytesOf(row as ParquetRow);
      // The writer closes a group after the row that makes it full.
      const isFull = bytes >= ROW_GROUP_BYTES;
      if (isFull) writer.setRowGroupSize(1);
      await writer.appendRow(driverRow(row as ParquetRow, times));
      if (!isFull) continue;
      writer.setRowGroupSize(ROW_GROUP_ROWS);
      bytes = 0;
      yield* takeAll(written);
    }
    yield* takeAll(written);
  }
  await writer.close();
  yield* takeAll(written);
}

/** Of its texts and blobs, which are all that may be large. */
function bytesOf(row: ParquetRow): number {
  let bytes = 0;
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'string' || Buffer.isBuffer(value)) bytes += value.length;
  }
  return bytes;
}

function* takeAll(written: Buffer[]): Generator<Uint8Array> {
  while (written.length > 0) yield written.shift()!;
}

function schemaOf(columns: Columns): InstanceType<typeof parquet.ParquetSchema> {
  const fields = columns.map(([name, sqlType]) => {
    const type = TYPE_OF[sqlType];
    if (!type) throw new TypeError(`column ${name} of type ${sqlType} has no type in a download`);
    const compression = type === 'BYTE_ARRAY' ? 'UNCOMPRESSED' : 'SNAPPY';
    return [name, { type, optional: true, compression, statistics: false }] as const;
  });
  return new parquet.ParquetSchema(Object.fromEntries(fields) as never);
}

function driverRow(row: ParquetRow, times: readonly string[]): Record<string, unknown> {
  const values: Record<string, unknown> = { ...row };
  for (const name of times) {
    const ms = row[name];
    if (ms !== null && ms !== undefined) values[name] = BigInt(ms as number | bigint) * 1_000n;
  }
  return values;
}
