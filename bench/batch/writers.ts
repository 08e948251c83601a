/**
 * Four writers of Parquet on the same rows in one run: parquetjs, its maintained fork, hyparquet-writer, and DuckDB.
 *
 * Each gets detections as rows or columns of JavaScript values, as it needs them, and writes one file in a temporary
 * folder with the best compression that it has. Building the values is not timed. Measured are rows a second and bytes
 * a row.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import forkOfParquetjs from 'parquetjs';
import parquetjs from 'parquetjs-original';
import { CHUNK_ROWS, openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { note, peakMb, printFigure } from './figures.ts';

interface Columns {
  readonly place: bigint[];
  readonly camera: bigint[];
  readonly id: bigint[];
  readonly item: string[];
  readonly time: bigint[];
}

const FIELDS = {
  geographical_location_oid: { type: 'INT64' },
  video_camera_oid: { type: 'INT64' },
  detection_oid: { type: 'INT64' },
  item_name: { type: 'UTF8' },
  timestamp_detected: { type: 'INT64' },
} as const;

export async function benchWriters(rows: number, asJson: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-writers-'));
  note(`writers: making ${rows.toLocaleString('en')} rows`);
  const columns = columnsOf(rows);
  const writers: [string, (file: string) => Promise<void>][] = [
    ['parquetjs, snappy', (file) => byRows(parquetjs as unknown as RowWriters, columns, rows, file)],
    ['@dsnp/parquetjs, snappy', (file) => byRows(forkOfParquetjs as unknown as RowWriters, columns, rows, file)],
    ['hyparquet-writer, snappy', async (file) => byColumns(columns, file)],
    ['DuckDB, zstd 3', (file) => byDuckDb(columns, rows, folder, file)],
  ];
  try {
    for (const [name, write] of writers) {
      const file = join(folder, 'file.parquet');
      const began = performance.now();
      await write(file);
      const seconds = (performance.now() - began) / 1_000;
      const { size } = await stat(file);
      printFigure(
        {
          what: `writer, ${name}`,
          records: rows,
          seconds,
          target: null,
          peakMb: peakMb(),
          detail: `${(size / rows).toFixed(1)} bytes a row`,
        },
        asJson,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function columnsOf(rows: number): Columns {
  const columns: Columns = { place: [], camera: [], id: [], item: [], time: [] };
  for (let n = 0; n < rows; n++) {
    const place = (n * 7_919) % 400;
    columns.place.push(BigInt(place));
    columns.camera.push(BigInt(place * 10 + (n % 10)));
    // Below 2^53, because parquetjs warns of every larger number.
    columns.id.push(1_000_000_007n + BigInt(n) * 7n);
    columns.item.push(`item ${(n * 31) % 40}`);
    columns.time.push(1_795_447_426_574n + BigInt(n));
  }
  return columns;
}

/** What parquetjs and its fork have in common. */
interface RowWriters {
  readonly ParquetSchema: new (fields: unknown) => unknown;
  readonly ParquetWriter: {
    openFile(schema: unknown, file: string): Promise<{ appendRow(row: object): Promise<void>; close(): Promise<void> }>;
  };
}

async function byRows(
  { ParquetSchema, ParquetWriter }: RowWriters,
  columns: Columns,
  rows: number,
  file: string,
): Promise<void> {
  const fields = Object.fromEntries(
    Object.entries(FIELDS).map(([name, { type }]) => [name, { type, compression: 'SNAPPY' }]),
  );
  const writer = await ParquetWriter.openFile(new ParquetSchema(fields), file);
  for (let n = 0; n < rows; n++) {
    await writer.appendRow({
      geographical_location_oid: columns.place[n],
      video_camera_oid: columns.camera[n],
      detection_oid: columns.id[n],
      item_name: columns.item[n],
      timestamp_detected: columns.time[n],
    });
  }
  await writer.close();
}

function byColumns(columns: Columns, file: string): void {
  const values = [columns.place, columns.camera, columns.id, columns.item, columns.time];
  const columnData = Object.entries(FIELDS).map(([name, { type }], at) => ({
    name,
    data: values[at]!,
    type: type === 'UTF8' ? ('STRING' as const) : type,
  }));
  writeFileSync(file, new Uint8Array(parquetWriteBuffer({ columnData })));
}

async function byDuckDb(columns: Columns, rows: number, folder: string, file: string): Promise<void> {
  const duck = await openDuck({ memoryMb: 1_024, threads: 2, spillFolder: join(folder, 'spill') });
  await duck.run(`CREATE TABLE t (geographical_location_oid BIGINT, video_camera_oid BIGINT, detection_oid BIGINT,
    item_name VARCHAR, timestamp_detected BIGINT)`);
  const appender = await duck.appender('t');
  for (let at = 0; at < rows; at += CHUNK_ROWS) {
    const to = Math.min(rows, at + CHUNK_ROWS);
    appender.append(
      [columns.place, columns.camera, columns.id, columns.item, columns.time].map((values) => values.slice(at, to)),
      to - at,
    );
  }
  appender.close();
  await duck.run(`COPY t TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3)`);
  duck.close();
}
