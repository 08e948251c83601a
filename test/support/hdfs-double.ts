/**
 * HDFS in memory, for tests of what survives a crash: files, folders implied, rename without overwriting.
 *
 * `budget` counts operations down; at zero every further one throws, as if the process had died there.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import type { FileFacts, Hdfs } from '../../core/stores/hdfs/types.ts';

export class Crash extends Error {
  override readonly name = 'Crash';
}

export interface HdfsDouble extends Hdfs {
  readonly files: Map<string, Buffer>;
  /** Operations that are left before the crash; Infinity for none. */
  budget: number;
  /** How many names a piece of a list has; dfs.ls.limit. */
  pieceEntries: number;
}

export function hdfsDouble(): HdfsDouble {
  const files = new Map<string, Buffer>();
  const factsOf = (path: string): FileFacts => ({
    path,
    isFolder: false,
    bytes: files.get(path)!.length,
    modifiedAtMs: 0,
  });
  const need = (path: string): Buffer => {
    const bytes = files.get(path);
    if (!bytes) throw new Error(`there is no file ${path}`);
    return bytes;
  };
  const headOf = (folder: string): string => (folder === '' ? '' : `${folder}/`);
  const below = (folder: string): string[] => [...files.keys()].filter((path) => path.startsWith(headOf(folder)));
  const double: HdfsDouble = {
    files,
    budget: Infinity,
    pieceEntries: 1_000,
    facts: spend(async (path: string) => {
      if (files.has(path)) return factsOf(path);
      return below(path).length > 0 ? { path, isFolder: true, bytes: 0, modifiedAtMs: 0 } : null;
    }),
    list: spend(async (folder: string) => {
      const names = [...new Set(below(folder).map((path) => path.slice(headOf(folder).length).split('/')[0]!))].sort();
      return names.map((name): FileFacts => {
        const path = `${headOf(folder)}${name}`;
        return files.has(path) ? factsOf(path) : { path, isFolder: true, bytes: 0, modifiedAtMs: 0 };
      });
    }),
    listAfter: spend(async (folder: string, name: string) => {
      const paths = below(folder).filter((path) => path.slice(headOf(folder).length) > name);
      const entries = paths.sort().map(factsOf);
      return {
        entries: entries.slice(0, double.pieceEntries),
        remaining: Math.max(0, entries.length - double.pieceEntries),
      };
    }),
    walk: spend(async (folder: string) => below(folder).map(factsOf)),
    makeFolder: spend(async () => undefined),
    read: spend(async (path: string) => need(path)),
    readStream: (path, _, range) =>
      Readable.from([range ? need(path).subarray(range.offset, range.offset + range.bytes) : need(path)]),
    write: spend(async (path: string, bytes: Buffer) => void files.set(path, Buffer.from(bytes))),
    upload: spend(async (localFile: string, path: string) => void files.set(path, await readFile(localFile))),
    salvage: spend(async (path: string, localFile: string) => writeFile(localFile, need(path))),
    download: spend(async (path: string, localFile: string) => {
      await mkdir(dirname(localFile), { recursive: true });
      await writeFile(localFile, need(path));
    }),
    sha256: spend(async (path: string) => createHash('sha256').update(need(path)).digest('hex')),
    rename: spend(async (from: string, to: string) => {
      const moved = files.has(from) ? [from] : below(from);
      if (moved.length === 0 || files.has(to) || below(to).length > 0) return false;
      for (const name of moved) {
        files.set(to + name.slice(from.length), files.get(name)!);
        files.delete(name);
      }
      return true;
    }),
    remove: spend(async (path: string) => {
      for (const name of [...files.keys()]) if (name === path || name.startsWith(`${path}/`)) files.delete(name);
    }),
    capacity: async () => ({ freeBytes: 1, usedBytes: 0 }),
  };
  function spend<Args extends unknown[], T>(work: (...args: Args) => Promise<T>): (...args: Args) => Promise<T> {
    return (...args) => {
      double.budget -= 1;
      return double.budget < 0 ? Promise.reject(new Crash('died here')) : work(...args);
    };
  }
  return double;
}

/** The same file system with another root below this one's. */
export function below(folder: string, hdfs: HdfsDouble): HdfsDouble {
  const at = (path: string): string => `${folder}/${path}`;
  const out = (facts: FileFacts): FileFacts => ({ ...facts, path: facts.path.slice(folder.length + 1) });
  return {
    ...hdfs,
    get files() {
      const mine = [...hdfs.files].filter(([path]) => path.startsWith(`${folder}/`));
      return new Map(mine.map(([path, bytes]) => [path.slice(folder.length + 1), bytes]));
    },
    facts: async (path) => hdfs.facts(at(path)).then((found) => found && out(found)),
    list: async (path) => (await hdfs.list(at(path))).map(out),
    listAfter: async (path, name) => {
      const { entries, remaining } = await hdfs.listAfter(at(path), name);
      return { entries: entries.map(out), remaining };
    },
    walk: async (path) => (await hdfs.walk(at(path))).map(out),
    read: (path) => hdfs.read(at(path)),
    readStream: (path, limits, range) => hdfs.readStream(at(path), limits, range),
    write: (path, bytes) => hdfs.write(at(path), bytes),
    upload: (localFile, path) => hdfs.upload(localFile, at(path)),
    download: (path, localFile) => hdfs.download(at(path), localFile),
    sha256: (path) => hdfs.sha256(at(path)),
    rename: (from, to) => hdfs.rename(at(from), at(to)),
    remove: (path) => hdfs.remove(at(path)),
  };
}
