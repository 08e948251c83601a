/**
 * Local copies of the lake's files, named by their checksum: what was verified once need not be fetched again.
 *
 * stage.ts puts in what it just wrote, reconcile and view read what a run needs of earlier epochs. A copy appears under its
 * checksum only after its bytes were found to have it, so a name is a promise; deleting the folder costs time and nothing else.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hdfs } from '../core/stores/hdfs/types.ts';
import type { PublishedFile } from '../core/stores/runs.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';

export type Wanted = Pick<PublishedFile, 'path' | 'bytes' | 'sha256'>;

export interface LocalCopies {
  /** Path of a local file with exactly these bytes; fetched from HDFS if there is none. */
  of(file: Wanted): Promise<string>;
  /** Takes a file over whose checksum the caller has computed. */
  adopt(localFile: string, file: Wanted): Promise<void>;
  /** Removes every copy but these. */
  keepOnly(files: readonly Wanted[]): Promise<void>;
}

export function localCopies(hdfs: Hdfs, folder: string): LocalCopies {
  const nameOf = ({ sha256 }: Wanted): string => join(folder, `${sha256}.parquet`);
  return {
    async of(file) {
      const name = nameOf(file);
      if ((await lengthOf(name)) === file.bytes) return name;
      await mkdir(folder, { recursive: true });
      const fetched = join(folder, `fetching-${randomUUID()}`);
      try {
        await hdfs.download(file.path, fetched);
        const found = await sha256Of(fetched);
        if (found !== file.sha256) {
          throw new Refusal(
            EXIT.data_check_failed,
            `${file.path} has checksum ${found} in HDFS; its manifest says ${file.sha256}. A published file never changes: restore it.`,
          );
        }
        await rename(fetched, name);
      } finally {
        await rm(fetched, { force: true });
      }
      return name;
    },
    async adopt(localFile, file) {
      await mkdir(folder, { recursive: true });
      await rm(nameOf(file), { force: true });
      await link(localFile, nameOf(file));
    },
    async keepOnly(files) {
      const kept = new Set(files.map(({ sha256 }) => `${sha256}.parquet`));
      const found = await readdir(folder).catch(() => []);
      await Promise.all(found.filter((name) => !kept.has(name)).map((name) => rm(join(folder, name), { force: true })));
    },
  };
}

async function lengthOf(localFile: string): Promise<number | null> {
  try {
    return (await stat(localFile)).size;
  } catch {
    return null;
  }
}

export async function sha256Of(localFile: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(localFile, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
