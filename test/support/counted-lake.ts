/**
 * Facts of published epochs as files of the lake, in the places and with the columns that the batch layer gives them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochAt, nameOf } from '../../core/domain/epoch.ts';
import { createTable, DETECTION_COLUMNS, namesOf } from '../../core/layout/lake-columns.ts';
import { detectionsFile } from '../../core/layout/lake.ts';
import type { Cell } from '../../core/stores/lake/duckdb.ts';
import { CHUNK_ROWS, openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Fact } from './counted-world.ts';
import { COUNTED_RULES } from './counted-world.ts';

/** One file for each day, hour and epoch. */
export async function writeLake(facts: readonly Fact[], hdfs: Hdfs): Promise<void> {
  const byFile = new Map<string, Fact[]>();
  for (const fact of facts) {
    const iso = new Date(fact.detection.detectedAt).toISOString();
    const epoch = nameOf(epochAt(fact.arrival, COUNTED_RULES), COUNTED_RULES);
    const path = detectionsFile({ date: iso.slice(0, 10), hour: Number(iso.slice(11, 13)), epoch, n: 0 });
    const some = byFile.get(path);
    if (some) some.push(fact);
    else byFile.set(path, [fact]);
  }
  const folder = await mkdtemp(join(tmpdir(), 'sightline-counted-lake-'));
  const duck = await openDuck({ memoryMb: 512, threads: 1, spillFolder: folder });
  try {
    for (const [index, [path, some]] of [...byFile].entries()) {
      const file = join(folder, `${index}.parquet`);
      await duck.run(
        `${createTable(
          'one',
          DETECTION_COLUMNS.map(([name, type]) => [name, type === 'TIMESTAMPTZ' ? 'BIGINT' : type]),
        )}`,
      );
      const appender = await duck.appender('one');
      for (let at = 0; at < some.length; at += CHUNK_ROWS) {
        const chunk = some.slice(at, at + CHUNK_ROWS).map(cellsOf);
        appender.append(
          DETECTION_COLUMNS.map((_, column) => chunk.map((cells) => cells[column]!)),
          chunk.length,
        );
      }
      appender.close();
      const columns = namesOf(DETECTION_COLUMNS)
        .replace('detected_at,', 'to_timestamp(detected_at / 1000.0) AS detected_at,')
        .replace('arrived_at,', 'to_timestamp(arrived_at / 1000.0) AS arrived_at,');
      await duck.run(
        `COPY (SELECT ${columns} FROM one ORDER BY 1, 5) TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd)`,
      );
      await duck.run('DROP TABLE one');
      await hdfs.upload(file, path);
    }
  } finally {
    duck.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function cellsOf({ detection, arrival, partition, offset }: Fact): Cell[] {
  const { location, camera, id, item, detectedAt } = detection;
  return [
    BigInt(location),
    BigInt(camera),
    BigInt(id),
    item,
    BigInt(detectedAt),
    null,
    BigInt(detectedAt),
    BigInt(arrival),
    partition,
    BigInt(offset),
  ];
}
