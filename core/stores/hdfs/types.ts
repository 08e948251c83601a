/**
 * HDFS as the layers see it: whole files that are verified after writing, folders, and one atomic rename.
 *
 * hdfs.ts answers it with the webhdfs package. Paths are relative to SIGHTLINE_ROOT and never begin with a slash. A
 * file that `write` or `upload` returned from has the length that it should have; the package alone does not promise
 * that.
 */
import type { ReadLimits } from '../../process/read-limits.ts';

export interface FileFacts {
  readonly path: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

/** Names after a name, in the order of their bytes. */
export interface ListPiece {
  readonly entries: readonly FileFacts[];
  /** How many entries of the folder come after these. */
  readonly remaining: number;
}

export interface ByteRange {
  readonly offset: number;
  readonly bytes: number;
}

export interface Hdfs {
  /** Null if there is nothing at the path. */
  facts(path: string, limits?: ReadLimits): Promise<FileFacts | null>;
  /** What a folder holds, sorted by name; empty if there is no such folder. */
  list(folder: string, limits?: ReadLimits): Promise<FileFacts[]>;
  /** One piece of a folder's list, as HDFS gives it (dfs.ls.limit, 1,000 names); empty if there is no such folder. */
  listAfter(folder: string, name: string, limits?: ReadLimits): Promise<ListPiece>;
  /** Every file below a folder. */
  walk(folder: string, limits?: ReadLimits): Promise<FileFacts[]>;
  makeFolder(folder: string): Promise<void>;
  read(path: string, limits?: ReadLimits): Promise<Buffer>;
  /** Without `range` all of the file; the range must lie within the file. */
  readStream(path: string, limits?: ReadLimits, range?: ByteRange): NodeJS.ReadableStream;
  /** Writes under a temporary name, checks the length, renames; the path appears whole or not at all. */
  write(path: string, bytes: Buffer): Promise<void>;
  /** Uploads a local file to the path (not atomic: for staging), checks the length. Overwrites. */
  upload(localFile: string, path: string): Promise<void>;
  /**
   * Downloads what a writer that died had sent of a file, though HDFS still holds it open and tells no length. The
   * caller knows by other means (a hash) whether that is all.
   */
  salvage(path: string, localFile: string): Promise<void>;
  /** Downloads to a local file; it appears whole or not at all. */
  download(path: string, localFile: string, limits?: ReadLimits): Promise<void>;
  /**
   * SHA-256 of a file's bytes as they are in HDFS, in hexadecimal. Who knows the file's length saves a question; a file
   * that has another length then is a Retryable.
   */
  sha256(path: string, bytes?: number): Promise<string>;
  /** Makes the target's folder; never overwrites: false if the target exists or the source does not. */
  rename(from: string, to: string): Promise<boolean>;
  remove(path: string): Promise<void>;
  /** Bytes free and used of the file system. */
  capacity(): Promise<{ freeBytes: number; usedBytes: number }>;
}
