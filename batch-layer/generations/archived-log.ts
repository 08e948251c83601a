/**
 * The archive as a log: a rebuild reads it instead of Kafka, with dataset B as it was at the time (laws L9 and L10).
 *
 * rebuild.ts asks for it. The names of raw files say their ranges, which must not overlap; manifests and journals name
 * their checksums. A rebuild takes only bytes, stamps and offsets from them, and judges each record again, with the
 * parser and the rules of today. If a manifest is missing, its files are read without a check; if dataset B of an epoch
 * is missing, the present one gives the names. Raw files cannot be replaced.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Location, LogRecord } from '../../core/domain/detection.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { LogReader } from '../../core/stores/kafka/types.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { epochAt, nameOf } from '../../core/domain/epoch.ts';
import { allPartitions } from '../../core/domain/growth.ts';
import { ARCHIVE_JOURNALS, LAKE, locationsFile } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { filesOfJournal } from '../archive/journal.ts';
import { localCopies } from '../lake/local-copies.ts';
import { openOwnFolder } from '../own-folder.ts';
import { recordOf } from '../archive/raw-file.ts';

export interface ArchivedLog {
  readonly reader: LogReader;
  /** For each partition: the offset at which the archive ends. */
  readonly ends: readonly number[];
  /** The manifest of an old epoch; null if it is missing. */
  manifest(epoch: Epoch): Promise<RunReport | null>;
  /** Dataset B as it was in the old epoch that holds this instant; null if its file is missing. */
  locationsAt(t: number): Promise<Location[] | null>;
}

interface RawRange {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly partition: number;
  readonly first: number;
  readonly last: number;
}

export async function archivedLog(old: BatchContext, horizon: Horizon): Promise<ArchivedLog> {
  const { hdfs, rules } = old;
  const manifests = new Map<Epoch, RunReport | null>();
  for (let epoch = rules.firstEpoch as Epoch; epoch <= horizon.epoch; epoch = (epoch + 1) as Epoch) {
    manifests.set(epoch, await readRun(hdfs, nameOf(epoch, rules)));
  }
  const checksums = new Map(
    [...manifests.values()].flatMap((run) => run?.files.map(({ path, sha256 }) => [path, sha256] as const) ?? []),
  );
  const ends = allPartitions(rules).map((partition) => horizon.cuts[partition] ?? rules.firstOffsets[partition] ?? 0);
  for (const { path } of await hdfs.list(ARCHIVE_JOURNALS)) {
    for (const file of await filesOfJournal(hdfs, path)) {
      checksums.set(file.path, file.sha256);
      ends[file.partition] = Math.max(ends[file.partition]!, file.next);
    }
  }
  const ranges = await rawRanges(old, checksums);
  return {
    ends,
    reader: rangeReader(old, ranges, ends),
    manifest: async (epoch) => manifests.get(epoch) ?? null,
    locationsAt: (t) => readLocations(old, Math.min(epochAt(t, rules), horizon.epoch) as Epoch),
  };
}

/** Throws if one of the raw files cannot be used by a rebuild. */
export async function checkRawFiles(old: BatchContext): Promise<void> {
  await rawRanges(old, new Map());
}

/** The least memory to read a raw file: its largest vector as pages, compressed and uncompressed, and as rows. */
const READ_MB = 256;
const RAW_NAME = /\/part-(?:l(\d+)-)?(\d+)-(\d+)-(\d+)\.parquet$/;

/** The files of each partition in the order of offsets. */
async function rawRanges({ hdfs, rules }: BatchContext, checksums: ReadonlyMap<string, string>): Promise<RawRange[][]> {
  const ranges: RawRange[][] = allPartitions(rules).map(() => []);
  for (const { path, bytes } of await hdfs.walk(`${LAKE}/raw`)) {
    const [, life = '1', ...numbers] = RAW_NAME.exec(path) ?? [];
    const [partition, first, last] = numbers.map(Number);
    if (numbers.length > 0 && Number(life) !== rules.logLife) throw otherLogLife(path, Number(life), rules.logLife);
    const ofPartition = ranges[partition ?? -1];
    if (!ofPartition) throw new Refusal(EXIT.data_check_failed, `${path} is no raw file of this lake; move it away`);
    ofPartition.push({
      path,
      bytes,
      sha256: checksums.get(path) ?? null,
      partition: partition!,
      first: first!,
      last: last!,
    });
  }
  for (const ofPartition of ranges) {
    ofPartition.sort((a, b) => a.first - b.first);
    const i = ofPartition.findIndex((range, at) => at > 0 && range.first <= ofPartition[at - 1]!.last);
    if (i >= 0)
      throw new Refusal(
        EXIT.data_check_failed,
        `${ofPartition[i]!.path} and ${ofPartition[i - 1]!.path} hold the same offsets; move one of them away`,
      );
  }
  return ranges;
}

/** Offsets begin again with each log life, so files of two lives have no common order. */
function otherLogLife(path: string, found: number, logLife: number): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `${path} is of log life ${found}, and this lake is of log life ${logLife}. A rebuild reads one log life, because ` +
      'offsets begin again with each. Move the files of other log lives out of lake/raw into a root of their own, ' +
      'and run again; nothing was changed.',
  );
}

// ---- reading -------------------------------------------------------------------------------------------------------

function rangeReader(old: BatchContext, ranges: readonly RawRange[][], ends: readonly number[]): LogReader {
  const { hdfs, settings } = old;
  return {
    async *read(partition, from, signal) {
      const own = await openOwnFolder(settings.workFolder, `rebuild-${randomUUID()}`);
      const copies = localCopies(hdfs, { shared: join(settings.workFolder, 'copies'), own: own.path, keeps: false });
      let next = from;
      try {
        for (const range of ranges[partition]!.filter(({ last }) => last >= from)) {
          signal?.throwIfAborted();
          const unverified = join(own.path, `${randomUUID()}.parquet`);
          if (range.sha256 === null) await hdfs.download(range.path, unverified);
          const file = range.sha256 === null ? unverified : await copies.fetch({ ...range, sha256: range.sha256 });
          for await (const records of recordsIn(file, next, settings.memoryMb, own.path)) {
            next = records.at(-1)!.offset + 1;
            yield { records, next, atEnd: false };
          }
          await rm(file, { force: true });
        }
        yield { records: [], next: Math.max(next, ends[partition]!), atEnd: true };
      } finally {
        await own.remove();
      }
    },
    close: async () => undefined,
  };
}

/** A raw file is in the order of offsets and one thread reads it in that order, so memory holds one vector. */
async function* recordsIn(file: string, from: number, memoryMb: number, folder: string): AsyncIterable<LogRecord[]> {
  const duck = await openDuck({
    memoryMb: Math.max(READ_MB, memoryMb / 4),
    threads: 1,
    spillFolder: join(folder, 'spill'),
  });
  let next = from;
  try {
    const rows = duck.batches(`SELECT kafka_partition, kafka_offset, stamp, key, value, headers FROM ${parquet([file])}
      WHERE kafka_offset >= ${from}`);
    for await (const chunk of rows) {
      const records = chunk.map(recordOf);
      const misplaced = records.find(({ offset }, at) => offset < (records[at - 1]?.offset ?? next - 1) + 1);
      if (misplaced)
        throw new Refusal(
          EXIT.data_check_failed,
          `${file} is not in the order of offsets at offset ${misplaced.offset}; restore it from a copy`,
        );
      next = records.at(-1)!.offset + 1;
      yield records;
    }
  } finally {
    duck.close();
  }
}

async function readLocations(old: BatchContext, epoch: Epoch): Promise<Location[] | null> {
  const { hdfs, rules, settings } = old;
  const path = locationsFile(nameOf(epoch, rules));
  if (!(await hdfs.facts(path))) return null;
  const own = await openOwnFolder(settings.workFolder, `locations-${randomUUID()}`);
  const localFile = join(own.path, 'locations.parquet');
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(own.path, 'spill') });
  try {
    await hdfs.download(path, localFile);
    const rows = await duck.rows(`SELECT * FROM ${parquet([localFile])}`);
    return rows.map((row) => ({
      oid: String(row.geographical_location_oid) as Oid,
      name: String(row.geographical_location),
    }));
  } finally {
    duck.close();
    await own.remove();
  }
}
