/**
 * Which detections a lake holds for readers without a lock: by its folders and the newest change, as serving reads, and
 * by its table. Ids, sorted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import { Retryable } from '../../core/process/errors.ts';
import { dayFiles } from '../../core/stores/lake/day-files.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { tableState } from './table-state.ts';

export interface LakeReader {
  /** Null if a file was replaced before it could be read. */
  fromFolders(): Promise<string[] | null>;
  /** As the newest snapshot says; null if a file of it is not there, which lasts while a change moves files. */
  fromTable(): Promise<string[] | null>;
  close(): Promise<void>;
}

export async function lakeReader(hdfs: Hdfs): Promise<LakeReader> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-reading-'));
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(folder, 'spill') });
  const files = dayFiles(hdfs);
  let reads = 0;
  const nextFile = (): string => join(folder, `${reads++}.parquet`);
  return {
    async fromFolders() {
      const local: string[] = [];
      try {
        for (const file of await files.below('lake/detections')) {
          local.push(nextFile());
          await files.download(file, local.at(-1)!);
        }
      } catch (fault) {
        if (fault instanceof Retryable) return null;
        throw fault;
      }
      return idsIn(duck, local);
    },
    async fromTable() {
      const local: string[] = [];
      const paths = (await tableState(hdfs)).at(-1)?.files ?? [];
      for (const path of paths) {
        local.push(nextFile());
        try {
          await hdfs.download(path, local.at(-1)!);
        } catch (fault) {
          if (await hdfs.facts(path)) throw fault;
          return null;
        }
      }
      return idsIn(duck, local);
    },
    async close() {
      duck.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function idsIn(duck: Duck, local: readonly string[]): Promise<string[]> {
  if (local.length === 0) return [];
  const rows = await duck.rows(`SELECT CAST(detection_oid AS VARCHAR) AS id FROM ${parquet(local)}`);
  await Promise.all(local.map((file) => rm(file, { force: true })));
  return rows.map(({ id }) => String(id)).sort();
}
