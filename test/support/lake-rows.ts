/**
 * What lies in a lake, and whether a rebuild gave back what was there: the batch view byte by byte, the lake row by
 * row.
 *
 * Both are read from the stores themselves, not from what a run says of itself. Keys of the batch view hold the
 * generation, so they are compared without it; a cell's timestamp is the number of its epoch, the same in both.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../core/process/config.ts';
import { DETECTION_COLUMNS, namesOf } from '../../core/layout/lake-columns.ts';
import { batchViewCells } from './store-tables.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { parquet } from '../../core/stores/lake/duckdb.ts';

/** Salt, then the number of the generation in four bytes. */
const GENERATION = { from: 1, to: 5 };

/** One line for each cell of a generation's batch view. */
export async function batchCells(config: Config, generation: number): Promise<string[]> {
  const lines = (await batchViewCells(config, generation)).map(({ row, family, qualifier, timestamp, value }) => {
    const key = Buffer.from(row).fill(0, GENERATION.from, GENERATION.to);
    return [key.toString('hex'), family, qualifier.toString('hex'), timestamp, value.toString('hex')].join(' ');
  });
  return lines.sort();
}

/** Detections that only one of two lakes below the root has. */
export async function differentRows(
  config: Config,
  lakes: readonly [string, string],
): Promise<{ rows: number; different: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-rebuilt-'));
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(folder, 'spill') });
  try {
    const [a, b] = await Promise.all(
      lakes.map(async (lake, n) => parquet(await downloaded(config, lake, join(folder, String(n))))),
    );
    const only = (x: string, y: string): string =>
      `(SELECT ${COLUMNS} FROM ${x} EXCEPT ALL SELECT ${COLUMNS} FROM ${y})`;
    const [found] = await duck.rows(
      `SELECT (SELECT COUNT(*) FROM ${a}) AS rows, (SELECT COUNT(*) FROM (${only(a!, b!)} UNION ALL ${only(b!, a!)})) AS different`,
    );
    return { rows: Number(found!.rows), different: Number(found!.different) };
  } finally {
    duck.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every id below a lake's detections as often as it is there, sorted as text. */
export async function detectionsIn(config: Config, lake: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-lake-'));
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(folder, 'spill') });
  try {
    const files = await downloaded(config, lake, join(folder, 'files'));
    return (await duck.rows(`SELECT CAST(detection_oid AS VARCHAR) AS id FROM ${parquet(files)}`))
      .map(({ id }) => String(id))
      .sort();
  } finally {
    duck.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const COLUMNS = namesOf(DETECTION_COLUMNS);

async function downloaded(config: Config, lake: string, folder: string): Promise<string[]> {
  const files = hdfs(config);
  await mkdir(folder);
  const found = (await files.walk(`${lake}/detections`)).filter(({ path }) => path.endsWith('.parquet'));
  return Promise.all(
    found.map(async ({ path }, n) => {
      const localFile = join(folder, `${n}.parquet`);
      await files.download(path, localFile);
      return localFile;
    }),
  );
}
