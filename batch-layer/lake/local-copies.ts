/**
 * Copies of the lake's files on this machine, named by their checksum, so that a file is fetched only once.
 *
 * stage.ts adds the files that it has just written; prepare.ts and run.ts fetch those that a run needs of earlier
 * epochs. A copy gets its name only after its checksum was computed, so the name is always true. Deleting the folder
 * costs time and nothing else. Processes share the folder, so each makes hard links in a folder of its own
 * (own-folder.ts) and reads those: a run that cleans up removes only names, and a file lives until its last reader has
 * ended.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { PublishedFile } from '../../core/stores/lake/runs.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { sha256Of } from '../../core/process/file-hash.ts';

/** A file of the lake with the content that it must have. */
export type LakeFile = Pick<PublishedFile, 'path' | 'bytes' | 'sha256'>;

export interface LocalCopies {
  /** Returns the path of a local file with this content, in the own folder; gets it from HDFS if there is no copy. */
  fetch(file: LakeFile): Promise<string>;
  /** Adds a file whose checksum the caller has computed. */
  adopt(localFile: string, file: LakeFile): Promise<void>;
  /** Removes these copies from the shared folder. */
  drop(files: readonly LakeFile[]): Promise<void>;
  /** Removes every other copy from the shared folder. Other processes can still read those that they have linked. */
  keepOnly(files: readonly LakeFile[]): Promise<void>;
}

interface CopyFolders {
  /** The folder of all processes. */
  readonly shared: string;
  /** The folder of this piece of work, which is removed with it. */
  readonly own: string;
  /** True: a fetched file is shared with other processes. Only a run does so, because it also cleans up. */
  readonly keeps: boolean;
}

export function localCopies(hdfs: Hdfs, { shared, own, keeps }: CopyFolders): LocalCopies {
  const nameOf = ({ sha256 }: LakeFile): string => `${sha256}.parquet`;
  const share = async (file: LakeFile): Promise<void> => {
    await mkdir(shared, { recursive: true });
    const temporary = join(shared, `making-${randomUUID()}`);
    try {
      await link(join(own, nameOf(file)), temporary);
      await rename(temporary, join(shared, nameOf(file)));
    } catch (fault) {
      // Another process has just cleaned up: then this copy is not shared.
      if (!isGone(fault)) throw fault;
    } finally {
      await rm(temporary, { force: true });
    }
  };
  return {
    async fetch(file) {
      const mine = join(own, nameOf(file));
      if ((await lengthOf(mine)) === file.bytes) return mine;
      await mkdir(own, { recursive: true });
      if (await linkCopy(join(shared, nameOf(file)), mine, file.bytes)) return mine;
      await fetchTo(hdfs, file, mine);
      if (keeps) await share(file);
      return mine;
    },
    async adopt(localFile, file) {
      await mkdir(own, { recursive: true });
      await rm(join(own, nameOf(file)), { force: true });
      await link(localFile, join(own, nameOf(file)));
      await share(file);
    },
    async drop(files) {
      for (const file of files) await rm(join(shared, nameOf(file)), { force: true });
    },
    async keepOnly(files) {
      const kept = new Set(files.map(nameOf));
      const names = await readdir(shared).catch(() => []);
      await Promise.all(names.filter((name) => !kept.has(name)).map((name) => rm(join(shared, name), { force: true })));
    },
  };
}

/** Returns false if there is no such copy. */
async function linkCopy(from: string, to: string, bytes: number): Promise<boolean> {
  try {
    await rm(to, { force: true });
    await link(from, to);
  } catch (fault) {
    if (isGone(fault)) return false;
    if (!isThere(fault)) throw fault;
  }
  return (await lengthOf(to)) === bytes;
}

const isGone = (fault: unknown): boolean => (fault as NodeJS.ErrnoException).code === 'ENOENT';
/** Another lane of this piece of work has made the link. */
const isThere = (fault: unknown): boolean => (fault as NodeJS.ErrnoException).code === 'EEXIST';

async function fetchTo(hdfs: Hdfs, file: LakeFile, to: string): Promise<void> {
  const download = `${to}.${randomUUID()}`;
  try {
    await hdfs.download(file.path, download);
    const sha256 = await sha256Of(download);
    if (sha256 !== file.sha256) {
      throw new Refusal(
        EXIT.data_check_failed,
        `${file.path} has checksum ${sha256} in HDFS, but its manifest says ${file.sha256}. ` +
          'A published file never changes: restore it from a copy.',
      );
    }
    await rename(download, to);
  } finally {
    await rm(download, { force: true });
  }
}

async function lengthOf(localFile: string): Promise<number | null> {
  try {
    return (await stat(localFile)).size;
  } catch {
    return null;
  }
}
