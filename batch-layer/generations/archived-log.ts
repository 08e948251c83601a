/**
 * The archive as a log: what a rebuild reads in place of Kafka, and the places as they stood (laws L9 and L10).
 *
 * Raw files are found by their names, whose ranges must not overlap; manifests and journals say what their bytes must
 * be. Only bytes, stamps and offsets are taken: what a record is, is judged again, by the parser and the rules of
 * today. Manifests may be gone, places too (then dataset B of today gives the names); without raw files there is
 * nothing to rebuild from.
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
import { openOwnFolder } from '../lock/own-folder.ts';
import { recordOf } from '../archive/raw-file.ts';

export interface ArchivedLog {
  readonly reader: LogReader;
  /** Per partition: where the archive ends. */
  readonly ends: readonly number[];
  /** The manifest of an old epoch; null if it is gone. */
  manifest(epoch: Epoch): Promise<RunReport | null>;
  /** Dataset B as it stood in the old epoch that ends with or after this instant; null if that is not known. */
  placesAt(t: number): Promise<Location[] | null>;
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
    placesAt: (t) => placesOf(old, Math.min(epochAt(t, rules), horizon.epoch) as Epoch),
  };
}

/** Throws if the folder of raw files holds one that no rebuild could read in its place. */
export async function checkRawFiles(old: BatchContext): Promise<void> {
  await rawRanges(old, new Map());
}

/** Least memory to read a raw file with: its largest vector in pages, compressed and not, and as rows. */
const READ_MB = 256;
const RAW_NAME = /\/part-(?:l(\d+)-)?(\d+)-(\d+)-(\d+)\.parquet$/;

/** Per partition in the order of offsets. */
async function rawRanges({ hdfs, rules }: BatchContext, checksums: ReadonlyMap<string, string>): Promise<RawRange[][]> {
  const ranges: RawRange[][] = allPartitions(rules).map(() => []);
  for (const { path, bytes } of await hdfs.walk(`${LAKE}/raw`)) {
    const [, life = '1', ...numbers] = RAW_NAME.exec(path) ?? [];
    const [partition, first, last] = numbers.map(Number);
    if (numbers.length > 0 && Number(life) !== rules.logLife) throw otherLife(path, Number(life), rules.logLife);
    const of = ranges[partition ?? -1];
    if (!of) throw new Refusal(EXIT.data_check_failed, `${path} is no raw file of this lake; move it away`);
    of.push({ path, bytes, sha256: checksums.get(path) ?? null, partition: partition!, first: first!, last: last! });
  }
  for (const of of ranges) {
    of.sort((a, b) => a.first - b.first);
    const bad = of.find((range, i) => i > 0 && range.first <= of[i - 1]!.last);
    if (bad)
      throw new Refusal(
        EXIT.data_check_failed,
        `${bad.path} holds offsets that another raw file holds too; move one of them away`,
      );
  }
  return ranges;
}

/** Offsets begin anew with each life of the log, so files of two lives cannot be put in one order by their names. */
function otherLife(path: string, found: number, logLife: number): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `${path} is of life ${found} of the log, and this lake is of life ${logLife}. A rebuild reads one life: offsets begin anew with each. ` +
      'Move the files of other lives out of lake/raw, into a root of their own, and run again; nothing was changed.',
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
          const file = range.sha256 === null ? unverified : await copies.of({ ...range, sha256: range.sha256 });
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

/**
 * A raw file is in the order of offsets, and one thread reads it in its order: nothing is sorted, so memory holds a
 * vector.
 */
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
    for await (const some of rows) {
      const records = some.map(recordOf);
      const behind = records.find(({ offset }, at) => offset < (records[at - 1]?.offset ?? next - 1) + 1);
      if (behind)
        throw new Refusal(EXIT.data_check_failed, `${file} is not in the order of offsets at offset ${behind.offset}`);
      next = records.at(-1)!.offset + 1;
      yield records;
    }
  } finally {
    duck.close();
  }
}

async function placesOf(old: BatchContext, epoch: Epoch): Promise<Location[] | null> {
  const { hdfs, rules, settings } = old;
  const path = locationsFile(nameOf(epoch, rules));
  if (!(await hdfs.facts(path))) return null;
  const own = await openOwnFolder(settings.workFolder, `places-${randomUUID()}`);
  const localFile = join(own.path, 'places.parquet');
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
