/**
 * Writes the raw files of an epoch one after the other, while the archive reads on.
 *
 * partition-reading.ts hands over a full writer of raw-file.ts and waits only for the file before it; archive.ts asks
 * for the whole list in the end. So at most one file is written while two partitions fill theirs.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Archive, ArchivedFile, RawPart } from '../model.ts';
import type { RawLimits, RawWriter } from './raw-file.ts';
import { rawFile } from '../../core/layout/lake.ts';
import { metadataOf } from '../lake/file-metadata.ts';

/** What a reading knows of a raw file before it is written. */
type FileFacts = Omit<RawPart, keyof ArchivedFile | 'path'> & Pick<RawPart, 'partition'>;

export interface RawFileQueue {
  readonly limits: RawLimits;
  /** How many records may wait in the log. */
  readonly waiting: number;
  /** Adds to the number of records that were read; returns that number. */
  countRead(records: number): number;
  /** Waits for the file before, then begins to write this one. */
  write(writer: RawWriter, facts: FileFacts): Promise<void>;
  /** Waits for the last file; returns all of them in the order of partitions and offsets. */
  finish(): Promise<Archive['files']>;
  /** Waits for the file that is being written; throws nothing. After it, nothing is written into the folder. */
  close(): Promise<void>;
}

export function rawFileQueue(options: {
  readonly epoch: string;
  readonly logLife: number;
  readonly folder: string;
  readonly limits: RawLimits;
  readonly waiting: number;
}): RawFileQueue {
  const { epoch, logLife, folder, limits, waiting } = options;
  const parts: RawPart[] = [];
  let lastWrite: Promise<void> = Promise.resolve();
  let records = 0;
  const writeFile = async (writer: RawWriter, facts: FileFacts): Promise<void> => {
    const { partition } = facts;
    const pathOf = (first: number, last: number): string => rawFile({ epoch, logLife, partition, first, last });
    let path = '';
    await mkdir(join(folder, dirname(pathOf(0, 0))), { recursive: true });
    const file = await writer.finish(({ first, last }) => {
      path = pathOf(first, last);
      return { localFile: join(folder, path), metadata: metadataOf(epoch, [{ partition, first, cut: last + 1 }]) };
    });
    parts.push({ ...facts, ...file, path });
  };
  return {
    limits,
    waiting,
    countRead: (more) => (records += more),
    async write(writer, facts) {
      const before = lastWrite;
      lastWrite = before.then(() => writeFile(writer, facts));
      lastWrite.catch(() => undefined);
      await before;
    },
    async finish() {
      await lastWrite;
      return parts.sort((a, b) => a.partition - b.partition || a.from - b.from);
    },
    close: () => lastWrite.catch(() => undefined),
  };
}
