/**
 * Follows one detection from the log to the lake, and says what is missing on the way.
 *
 * command.ts opens the stores and prints the result. Order: the row of the id, then the log around its arrival, then
 * for each record that counts its epoch, its cells and its files. It reads only; every reading is bounded, and what was
 * not looked at is told.
 */
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { DeadLetterLog } from '../../core/stores/kafka/dead-letters.ts';
import type { MomentInLog } from '../../core/stores/kafka/offsets-at.ts';
import type { LogReader } from '../../core/stores/kafka/types.ts';
import type { Stores } from '../../core/stores/open.ts';
import type { FirstMetInLake } from '../../core/stores/lake/lake-row.ts';
import type { ByteBound } from './find-files.ts';
import type { Counting, Stage, Trace, TracedLetter, TracedRecord, TracedRow } from './model.ts';
import { endOf, epochOf, nameOf } from '../../core/domain/epoch.ts';
import { oid } from '../../core/domain/oid.ts';
import { isDeferred } from '../../core/domain/rules.ts';
import { HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';
import { listRuns, readRun } from '../../core/stores/lake/runs.ts';
import { requireAnswers } from '../../core/stores/rows/answers.ts';
import { findCells } from './find-cells.ts';
import { findFiles, findInDay } from './find-files.ts';
import type { RecordSearch } from './find-records.ts';
import { findRecords } from './find-records.ts';
import { payload } from './judge-records.ts';
import { missingIn } from './missing.ts';

export interface TraceOptions {
  /** Around when the records are looked for; by default around the row's arrival, else the last hours. */
  readonly around: Instant | null;
  readonly hours: number;
  /** A day of the lake to look through if nothing else knows the id. */
  readonly date: string | null;
  readonly inAllPartitions: boolean;
  readonly mostRecords: number;
  readonly mostBytes: number;
  readonly now: number;
  readonly tell: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface TraceSources {
  readonly stores: Pick<Stores, 'control' | 'detections' | 'speedView' | 'batchView' | 'rules'>;
  readonly hdfs: Hdfs;
  readonly reader: LogReader;
  readonly letters: Pick<DeadLetterLog, 'read'>;
  readonly momentsAt: (t: number) => Promise<MomentInLog[]>;
}

/** Retries and copies come after the first record; a broker's clock may have been somewhat behind before it. */
const BEFORE_MS = 10 * MINUTE_MS;

type Met = FirstMetInLake;

export async function trace(id: Oid, sources: TraceSources, options: TraceOptions): Promise<Trace> {
  const { stores, hdfs } = sources;
  const { rules } = stores;
  const notes: string[] = [];
  const bound: ByteBound = { left: options.mostBytes };
  const [row] = requireAnswers('detections', await stores.detections.find([id])) as [FirstMet | null];
  const inDay =
    row === null && options.date !== null ? await lookInDay({ id, date: options.date }, hdfs, bound, notes) : null;
  const window = windowOf(options, (row ?? inDay)?.arrival ?? null);
  const { records, ranges } = await recordsIn({ id, row, window }, sources, options);
  notes.push(
    ...ranges
      .filter((range) => !range.is_whole)
      .map(
        ({ kafka_partition, records: read }) =>
          `The window of partition ${kafka_partition} was not read to its end: ` +
          `--most-records ended it after ${read} records.`,
      ),
  );
  const deadLetters = await lettersOf(records, sources.letters, options);
  const countings: Counting[] = [];
  for (const met of countingOf(row ?? inDay, records, id)) countings.push(await follow(met, sources, bound));
  if (countings.some(({ files }) => files.some(({ state }) => state === 'not_read')))
    notes.push('Files of the lake were not looked into: --most-mb allows no more.');
  const found = { first_met: row && tracedRow(row), records, dead_letters: deadLetters, countings };
  return {
    detection_oid: id,
    generation: rules.generation,
    looked_through: { ...window, log: ranges },
    ...found,
    ...missingIn(found),
    notes,
  };
}

function windowOf({ around, hours, now }: TraceOptions, arrival: Instant | null): { from: number; to: number } {
  const anchor = around ?? arrival;
  if (anchor === null) return { from: now - hours * HOUR_MS, to: now };
  return { from: Math.max(0, anchor - BEFORE_MS), to: anchor + hours * HOUR_MS };
}

async function recordsIn(
  { id, row, window }: Pick<RecordSearch, 'id' | 'row' | 'window'>,
  { stores, reader, momentsAt }: TraceSources,
  { inAllPartitions, mostRecords, tell, signal }: TraceOptions,
): ReturnType<typeof findRecords> {
  const { rules } = stores;
  const moments = await momentsAt(window.from);
  const stamps = await stores.control.stamps(
    rules.logLife,
    moments.map(({ partition }) => partition),
  );
  return findRecords(reader, {
    id,
    rules,
    row,
    window,
    inAllPartitions,
    mostRecords,
    corrections: (partition) => stamps[moments.findIndex((each) => each.partition === partition)]?.corrections ?? [],
    moments,
    tell: (partition, count) => tell(`partition ${partition}: ${count.toLocaleString('en')} records read`),
    ...(signal ? { signal } : {}),
  });
}

async function lookInDay(
  { id, date }: { readonly id: Oid; readonly date: string },
  hdfs: Hdfs,
  bound: ByteBound,
  notes: string[],
): Promise<Met | null> {
  const { met, isWhole } = await findInDay(hdfs, id, { date, published: new Set(await listRuns(hdfs)) }, bound);
  if (!met && !isWhole)
    notes.push(`Not every file of the lake's day ${date} was looked into: --most-mb allows no more.`);
  return met;
}

/** The record of the row, and those of the window that were first met when they came. */
export function countingOf(row: Met | null, records: readonly TracedRecord[], id: Oid): Met[] {
  const all = new Map<string, Met>();
  if (row) all.set(`${row.partition}/${row.offset}`, row);
  for (const { verdict, payload: said, kafka_partition: partition, kafka_offset: offset, arrived_at } of records) {
    const key = `${partition}/${offset}`;
    if ((verdict !== 'new' && verdict !== 'deferred') || !said || all.has(key)) continue;
    const detection = {
      id,
      location: oid(said.geographical_location_oid),
      camera: oid(said.video_camera_oid),
      item: said.item_name,
      detectedAt: said.timestamp_detected as Instant,
    };
    all.set(key, { partition, offset, arrival: arrived_at as Instant, detection });
  }
  return [...all.values()].sort((a, b) => a.arrival - b.arrival);
}

async function follow(met: Met, { stores, hdfs }: TraceSources, bound: ByteBound): Promise<Counting> {
  const { rules, control } = stores;
  const epoch = epochOf(met.arrival, rules);
  const name = nameOf(epoch, rules);
  const [horizon, [progress]] = await Promise.all([
    control.horizon(rules.generation),
    control.progress(rules.generation, [met.partition]),
  ]);
  const isPublished = horizon !== null && epoch <= horizon.epoch;
  const run = isPublished ? await readRun(hdfs, name) : null;
  const isRead = (progress?.nextOffset ?? rules.firstOffsets[met.partition] ?? 0) > met.offset;
  const stage: Stage = isPublished ? 'published' : isRead ? 'counted' : 'unread';
  return {
    kafka_partition: met.partition,
    kafka_offset: met.offset,
    arrived_at: met.arrival,
    is_deferred: isDeferred(met.detection.detectedAt, met.arrival, rules),
    epoch: name,
    epoch_ends_at: endOf(epoch, rules),
    stage,
    published_at: run?.published_at ?? null,
    cells: await findCells(stores, met, epoch, isPublished),
    files: await findFiles(hdfs, met, { epoch: name, run }, bound),
  };
}

/** The letters that keep these records; read from the time of the first of them until all are found. */
async function lettersOf(
  records: readonly TracedRecord[],
  letters: Pick<DeadLetterLog, 'read'>,
  { mostRecords, tell, signal }: TraceOptions,
): Promise<TracedLetter[]> {
  const dead = records.filter(({ verdict }) => verdict === 'dead_letter');
  const wanted = new Set(dead.map((each) => `${each.kafka_partition}/${each.kafka_offset}`));
  const found: TracedLetter[] = [];
  if (wanted.size === 0) return found;
  let read = 0;
  for await (const some of letters.read(Math.min(...dead.map(({ stamp }) => stamp)), signal)) {
    for (const { partition, offset, keptAt, source, reason } of some) {
      const record = source ? `${source.partition}/${source.offset}` : '';
      if (wanted.has(record))
        found.push({ letter: `${partition}/${offset}`, kept_at: keptAt, reason: reason ?? '', record });
    }
    read += some.length;
    tell(`dead letters: ${read.toLocaleString('en')} read`);
    if (new Set(found.map(({ record }) => record)).size === wanted.size || read >= mostRecords) break;
  }
  return found;
}

function tracedRow({ partition, offset, arrival, logLife, detection }: FirstMet): TracedRow {
  return {
    kafka_partition: partition,
    kafka_offset: offset,
    arrived_at: arrival,
    log_life: logLife,
    payload: payload(detection),
  };
}
