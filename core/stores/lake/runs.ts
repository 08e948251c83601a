/**
 * Runs of the batch layer as the lake keeps them: manifest and report of a published epoch in one JSON file, and failed
 * attempts.
 *
 * The batch layer writes them before it moves the horizon; serving shows them; later runs read the cuts from them. What
 * a report says of its epoch never changes. Its list of files does when the lake is compacted or rows are forgotten:
 * `changes` then says so (changes.ts). Field names are those of the API. Oids are texts, instants
 * milliseconds.
 */
import { z } from 'zod';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Hdfs } from '../hdfs/types.ts';
import { manifestFile, RUNS } from '../../layout/lake.ts';
import { layoutVersion } from './layout-version.ts';
import { TalliesJson } from '../control/progress-rows.ts';

const whole = z.number().int();

const Payload = z.object({
  geographical_location_oid: z.string(),
  video_camera_oid: z.string(),
  item_name: z.string(),
  timestamp_detected: whole,
});

const Met = z.object({ kafka_partition: whole, kafka_offset: whole, payload: Payload });

const PartitionReport = z.object({
  partition: whole,
  /** Offsets of the epoch: first … cut − 1. */
  first: whole,
  cut: whole,
  /** Greatest stamp before the cut: the next epoch's arrivals go on from it. */
  arrival: whole,
  records: whole,
  tallies: TalliesJson,
  /** Of all records of the generation before the cut, as the batch layer counted them. */
  tallies_so_far: TalliesJson,
  /** The same as the speed layer counted them; null where it was not compared. */
  speed_tallies_so_far: TalliesJson.nullable(),
});

export const PublishedFile = z.object({ path: z.string(), bytes: whole, sha256: z.string(), rows: whole });

const CountDifference = z.object({
  partition: whole,
  geographical_location_oid: z.string(),
  minute: whole,
  item_name: z.string(),
  batch: whole,
  speed: whole,
  /** Ids that the batch layer counted in this cell and the speed layer did not, and the other way round. */
  missing_in_speed: z.array(z.string()),
  missing_in_batch: z.array(z.string()),
  /** Ids that the batch layer counted in this cell, at most a hundred; they include those that differ. */
  counted: z.array(z.string()).default([]),
});

/** Copies by what made them copies, and by how long after its first each arrived. */
const Copies = z.object({
  by_way: z.object({ same_partition: whole, stray: whole, re_stamped: whole }),
  by_distance: z.array(z.object({ below_ms: whole, copies: whole })),
});

/** How far detections were behind when they arrived; the first bucket is of clocks ahead, null is of deferred ones. */
const Late = z.array(z.object({ below_ms: whole.nullable(), detections: whole }));

const TallyDifference = z.object({ partition: whole, tally: z.string(), batch: whole, speed: whole });

const Comparison = z.object({
  cells: whole,
  partitions: whole,
  differences: z.object({ count: whole, listed: z.array(CountDifference) }),
  tally_differences: z.array(TallyDifference),
  /** What could not be compared, and why. */
  unproven: z.array(z.string()),
});

/** A change of the lake (changes.ts), as the manifest of an epoch names it. */
export const EpochChange = z.object({
  change: whole,
  kind: z.string(),
  /** Rows of detections and of raw files that it took from this epoch. */
  rows_removed: whole,
  raw_removed: whole,
  /** Detections that its counts lost too; absent where counts stayed. */
  counts_removed: whole.optional(),
  /** Over the rows that are left; null where no row was removed. */
  rows_sha256: z.string().nullable(),
});

export const RunReport = z.object({
  version: layoutVersion('a manifest'),
  epoch: z.string(),
  epoch_number: whole,
  generation: whole,
  log_life: whole,
  from: whole,
  to: whole,
  engine: z.string(),
  attempt: z.string(),
  /** Whether an earlier attempt had published the files and this one finished the run. */
  resumed: z.boolean(),
  began_at: whole,
  published_at: whole,
  result: z.enum(['proved', 'repaired', 'unproven']),
  reference_version: whole.nullable(),
  partitions: z.array(PartitionReport),
  records: whole,
  tallies: TalliesJson,
  copies_of_earlier_epochs: whole,
  /** Null in reports of versions that did not write it; the same holds for the other fields that may be null. */
  copies: Copies.nullable().default(null),
  late: Late.nullable().default(null),
  conflicts: z.object({
    count: whole,
    listed: z.array(z.object({ detection_oid: z.string(), first: Met, copy: Met })),
  }),
  deferred: z.object({ published: whole, copies: whole }),
  strays_forwarded: whole,
  unknown_locations: z.object({
    count: whole,
    detections: whole,
    listed: z.array(z.object({ geographical_location_oid: z.string(), detections: whole })),
  }),
  /** Of the table detections. */
  rows: whole,
  bytes: whole,
  raw_bytes: whole,
  files: z.array(PublishedFile),
  /** Over the sorted rows of detections, and chained to that of the epoch before. */
  rows_sha256: z.string().nullable().default(null),
  chain_sha256: z.string().nullable().default(null),
  comparison: Comparison,
  steps: z.array(z.object({ step: z.string(), took_ms: whole })),
  /** What later changes did to the files above; the rows, hashes and counts above are those that were published. */
  changes: z.array(EpochChange).default([]),
});

export type RunReport = z.infer<typeof RunReport>;
export type PartitionReport = z.infer<typeof PartitionReport>;
export type PublishedFile = z.infer<typeof PublishedFile>;
export type EpochChange = z.infer<typeof EpochChange>;
export type Comparison = z.infer<typeof Comparison>;
export type CountDifference = z.infer<typeof CountDifference>;
export type TallyDifference = z.infer<typeof TallyDifference>;
export type Conflict = RunReport['conflicts']['listed'][number];

export const AttemptReport = z.object({
  version: layoutVersion('a failed attempt'),
  epoch: z.string(),
  attempt: z.string(),
  result: z.literal('failed'),
  began_at: whole,
  failed_at: whole,
  step: z.string(),
  exit_code: whole,
  because: z.string(),
});
export type AttemptReport = z.infer<typeof AttemptReport>;

/** The report of a published epoch, by name; null if its manifest is not there. */
export async function readRun(hdfs: Hdfs, epoch: string, limits?: ReadLimits): Promise<RunReport | null> {
  const path = manifestFile(epoch);
  return (await hdfs.facts(path, limits))
    ? RunReport.parse(JSON.parse((await hdfs.read(path, limits)).toString('utf8')))
    : null;
}

/** Names of the epochs that have a manifest, newest first. */
export async function listRuns(hdfs: Hdfs, limits?: ReadLimits): Promise<string[]> {
  const found = await hdfs.list(RUNS, limits);
  const names = found.filter(({ isFolder }) => !isFolder).map(({ path }) => path.slice(RUNS.length + 1));
  return names
    .filter((name) => /^\d.*\.json$/.test(name))
    .map((name) => name.slice(0, -'.json'.length))
    .reverse();
}

/** Failed attempts, newest first, at most `limit`. */
export async function readAttempts(hdfs: Hdfs, limit: number, limits?: ReadLimits): Promise<AttemptReport[]> {
  const found = await hdfs.list(`${RUNS}/_attempts`, limits);
  const newest = found
    .filter(({ path }) => path.endsWith('.json'))
    .reverse()
    .slice(0, limit);
  const read = async (path: string): Promise<AttemptReport> =>
    AttemptReport.parse(JSON.parse((await hdfs.read(path, limits)).toString('utf8')));
  return Promise.all(newest.map(({ path }) => read(path)));
}
