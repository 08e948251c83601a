/** The answers of WebHDFS as hdfs.ts reads them: schemas, and the facts of a file or folder in them. */
import { posix } from 'node:path';
import { z } from 'zod';
import type { FileFacts } from './types.ts';

const Status = z.object({
  pathSuffix: z.string(),
  type: z.string(),
  length: z.number(),
  modificationTime: z.number(),
});
export const StatusAnswer = z.object({ FileStatus: Status });
export const ListAnswer = z.object({ FileStatuses: z.object({ FileStatus: z.array(Status) }) });
export const PieceAnswer = z.object({
  DirectoryListing: z.object({ partialListing: ListAnswer, remainingEntries: z.number() }),
});
export const CapacityAnswer = z.object({ FsStatus: z.object({ used: z.number(), remaining: z.number() }) });

export function factsOf(path: string, status: z.infer<typeof Status>): FileFacts {
  return { path, isFolder: status.type === 'DIRECTORY', bytes: status.length, modifiedAtMs: status.modificationTime };
}

export function entriesOf(folder: string, { FileStatuses }: z.infer<typeof ListAnswer>): FileFacts[] {
  return FileStatuses.FileStatus.map((status) => factsOf(posix.join(folder, status.pathSuffix), status));
}
