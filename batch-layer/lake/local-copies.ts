/**
 * Local copies of the lake's files, named by their checksum: what was verified once need not be fetched again.
 *
 * stage.ts puts in what it just wrote, reconcile and view read what a run needs of earlier epochs. A copy appears under
 * its checksum only after its bytes were found to have it, so a name is a promise; deleting the folder costs time and
 * nothing else. Processes share the folder, so each reads by hard links in a folder of its own (own-folder.ts): a run
 * that tidies up takes names away, and a file that somebody reads lives until its reader is done or dead.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { PublishedFile } from '../../core/stores/lake/runs.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { sha256Of } from '../../core/process/file-hash.ts';

export type Wanted = Pick<PublishedFile, 'path' | 'bytes' | 'sha256'>;

export interface LocalCopies {
  /**
   * Path of a local file with exactly these bytes, in the folder of this piece of work; fetched from HDFS if there is
   * none.
   */
  of(file: Wanted): Promise<string>;
  /** Takes a file over whose checksum the caller has computed. */
  adopt(localFile: string, file: Wanted): Promise<void>;
  /** Removes every copy but these; whoever reads one goes on. */
  keepOnly(files: readonly Wanted[]): Promise<void>;
}

export interface CopyFolders {
  /** Of all processes. */
  readonly shared: string;
  /** Of this piece of work: removed with it. */
  readonly own: string;
  /** What is fetched stays for others; only a run does so, because it tidies up. */
  readonly keeps: boolean;
}

export function localCopies(hdfs: Hdfs, { shared, own, keeps }: CopyFolders): LocalCopies {
  const nameOf = ({ sha256 }: Wanted): string => `${sha256}.parquet`;
  const share = async (file: Wanted): Promise<void> => {
    await mkdir(shared, { recursive: true });
    const made = join(shared, `making-${randomUUID()}`);
    try {
      await link(join(own, nameOf(file)), made);
      await rename(made, join(shared, nameOf(file)));
    } catch (fault) {
      // Another process has tidied up in between: then the copy is not kept, and nothing else.
      if (!isGone(fault)) throw fault;
    } finally {
      await rm(made, { force: true });
    }
  };
  return {
    async of(file) {
      const mine = join(own, nameOf(file));
      if ((await lengthOf(mine)) === file.bytes) return mine;
      await mkdir(own, { recursive: true });
      if (await isLinked(join(shared, nameOf(file)), mine, file.bytes)) return mine;
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
    async keepOnly(files) {
      const kept = new Set(files.map(nameOf));
      const found = await readdir(shared).catch(() => []);
      await Promise.all(found.filter((name) => !kept.has(name)).map((name) => rm(join(shared, name), { force: true })));
    },
  };
}

/** False: there is no such copy, or no longer. */
async function isLinked(from: string, to: string, bytes: number): Promise<boolean> {
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
/** Another lane of this piece of work was faster. */
const isThere = (fault: unknown): boolean => (fault as NodeJS.ErrnoException).code === 'EEXIST';

async function fetchTo(hdfs: Hdfs, file: Wanted, to: string): Promise<void> {
  const fetched = `${to}.${randomUUID()}`;
  try {
    await hdfs.download(file.path, fetched);
    const found = await sha256Of(fetched);
    if (found !== file.sha256) {
      throw new Refusal(
        EXIT.data_check_failed,
        `${file.path} has checksum ${found} in HDFS; its manifest says ${file.sha256}. A published file never changes: restore it.`,
      );
    }
    await rename(fetched, to);
  } finally {
    await rm(fetched, { force: true });
  }
}

async function lengthOf(localFile: string): Promise<number | null> {
  try {
    return (await stat(localFile)).size;
  } catch {
    return null;
  }
}
