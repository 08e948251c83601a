/**
 * Retention: takes whole files of old epochs out of the lake, and their rows out of the store of rows, in one change
 * (law L9).
 *
 * `sightline batch retain` and the scheduler call it while they hold the lock of the lake. An epoch is as old as its
 * end. What a rebuild still needs stays, unless somebody asks for more: it publishes every epoch with detections again,
 * and for that it needs their raw files and those of the time W before them, in which a first record may lie. Counts,
 * manifests and dataset B stay. The record of the change says how far it went, so that `batch run --reprocess` and
 * `batch rebuild` know what cannot be proved any more. A merged file stays until its newest epoch is old enough.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { HeldLease } from '../../core/stores/control/lease.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { ChangeRecord } from '../../core/stores/lake/changes.ts';
import type { PublishedFile, RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import { epochNamed, nameOf } from '../../core/domain/epoch.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { conflictsFile, differencesFile, epochOfDetectionsFile, LAKE, MET } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { readChain, retainedIn } from '../../core/stores/lake/changes.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { epochsInForce } from '../epochs/first-epoch.ts';
import { horizonOf } from '../epochs/next-epochs.ts';
import { localCopies } from '../lake/local-copies.ts';
import { hashLimitsFor, rowsHash } from '../lake/rows-hash.ts';
import { openOwnFolder } from '../own-folder.ts';
import { makeChange, nextChange, sweepRetired } from './change.ts';
import { lastEndingBy, lastNeedless } from './retained.ts';
import { stageWork, WORK_TABLE } from './work.ts';

export interface RetainOptions {
  readonly now: number;
  /** For how many days after its end an epoch keeps its detections; 0: for ever. */
  readonly days: number;
  /** The same for its raw files. */
  readonly rawDays: number;
  /** Takes raw files that a rebuild needs too. */
  readonly isBeyondRebuild?: boolean;
  readonly isDryRun?: boolean;
}

/** What went, or would go. */
export interface Retention {
  /** Names of the last epochs without detections, and without raw files; null if there is none. */
  readonly detections_up_to: string | null;
  readonly raw_up_to: string | null;
  /** The last epoch whose raw files are old enough, and are kept for a rebuild; null if there is none. */
  readonly kept_for_rebuild_up_to: string | null;
  readonly files: number;
  readonly bytes: number;
  /** Rows of detections. */
  readonly detections: number;
}

/** The last epoch of each kind that goes; before the first one if none does. */
interface Cuts {
  readonly detections: number;
  readonly raw: number;
  /** First-met rows: those that no kept epoch can have in force. */
  readonly firstMet: number;
  readonly wantedRaw: number;
}

interface Leaving {
  readonly run: RunReport;
  readonly files: readonly PublishedFile[];
}

/** Null if nothing is old enough. */
export async function retain(
  context: BatchContext,
  lease: HeldLease,
  options: RetainOptions,
): Promise<Retention | null> {
  const { hdfs, rules } = context;
  const horizon = await horizonOf(context);
  if (!horizon) throw new Refusal(EXIT.nothing_to_do, 'No epoch is published yet, so the lake holds nothing');
  const chain = await readChain(hdfs);
  const spans = new Map(chain.flatMap(({ added }) => added.map(({ path, epochs }) => [path, epochs] as const)));
  const done = doneBy(context, retainedIn(chain));
  const cuts = await cutsOf(context, horizon.epoch, { ...options, spans, done });
  const isDue = (epoch: Epoch): boolean =>
    (['detections', 'raw', 'firstMet'] as const).some((kind) => epoch > done[kind] && epoch <= cuts[kind]);
  const leaving: Leaving[] = [];
  const last = Math.max(cuts.detections, cuts.raw);
  for (let epoch = rules.firstEpoch as Epoch; epoch <= last; epoch = (epoch + 1) as Epoch) {
    if (!isDue(epoch)) continue;
    context.signal.throwIfAborted();
    const run = await manifestOf(context, epoch);
    const files = run.files.filter(({ path }) => epoch <= cutFor(path, run.epoch, cuts));
    if (files.length > 0) leaving.push({ run, files });
  }
  const name = (epoch: number): string | null =>
    epoch < rules.firstEpoch ? null : nameOf(Math.min(epoch, horizon.epoch) as Epoch, rules);
  const files = [...new Map(leaving.flatMap((one) => one.files.map((file) => [file.path, file] as const))).values()];
  const retention: Retention = {
    ...{ detections_up_to: name(cuts.detections), raw_up_to: name(cuts.raw) },
    kept_for_rebuild_up_to: cuts.wantedRaw > cuts.raw ? name(cuts.wantedRaw) : null,
    ...{ files: files.length, bytes: sumOf(files, 'bytes') },
    detections: sumOf(files.filter(isDetections), 'rows'),
  };
  if (files.length === 0) return retention.kept_for_rebuild_up_to === null ? null : retention;
  if (options.isDryRun !== true) await carryOut(context, lease, { leaving, files, retention });
  return retention;
}

const sumOf = (files: readonly PublishedFile[], of: 'rows' | 'bytes'): number =>
  files.reduce((sum, file) => sum + file[of], 0);
const isDetections = ({ path }: PublishedFile): boolean => path.startsWith(`${LAKE}/detections/`);

/** How far the last retention went. */
function doneBy({ rules }: BatchContext, retained: ChangeRecord['retained']): Omit<Cuts, 'wantedRaw'> {
  const numberOf = (name: string | null | undefined): number =>
    name === null || name === undefined ? rules.firstEpoch - 1 : epochNamed(name, rules)!;
  const detections = numberOf(retained?.detections_up_to);
  return { detections, raw: numberOf(retained?.raw_up_to), firstMet: lastNeedless(detections, rules) };
}

async function manifestOf({ hdfs, rules }: BatchContext, epoch: Epoch): Promise<RunReport> {
  const run = await readRun(hdfs, nameOf(epoch, rules));
  if (run) return run;
  const name = nameOf(epoch, rules);
  throw new Refusal(EXIT.data_check_failed, `The manifest of epoch ${name} is missing. Restore it from a copy.`);
}

// ---- how far -------------------------------------------------------------------------------------------------------

interface CutOptions extends RetainOptions {
  readonly spans: ReadonlyMap<string, readonly string[]>;
  readonly done: Omit<Cuts, 'wantedRaw'>;
}

async function cutsOf(
  { rules, hdfs }: BatchContext,
  horizon: Epoch,
  { now, days, rawDays, isBeyondRebuild, spans, done }: CutOptions,
): Promise<Cuts> {
  const none = rules.firstEpoch - 1;
  const settled = epochsInForce(horizon, rules)[0]! - 1;
  const lastOlderThan = (ofDays: number): number =>
    ofDays === 0 ? none : Math.min(settled, lastEndingBy(now - ofDays * DAY_MS, rules));
  let detections = lastOlderThan(days);
  for (const { path } of detections > done.detections ? await hdfs.walk(`${LAKE}/detections`) : []) {
    const epochs = (spans.get(path) ?? [epochOfDetectionsFile(path)]).map((one) => epochNamed(one, rules) ?? Infinity);
    // A merged file of epochs on both sides: its older ones stay with it.
    if (Math.max(...epochs) > detections) detections = Math.min(detections, Math.min(...epochs) - 1);
  }
  detections = Math.max(done.detections, detections);
  const needless = lastNeedless(detections, rules);
  const wantedRaw = lastOlderThan(rawDays);
  const raw = Math.max(done.raw, isBeyondRebuild === true ? wantedRaw : Math.min(wantedRaw, needless));
  return { detections, raw, firstMet: Math.min(needless, detections), wantedRaw };
}

function cutFor(path: string, epoch: string, cuts: Cuts): number {
  if (path.startsWith(`${LAKE}/raw/`)) return cuts.raw;
  if (path.startsWith(`${MET}/`)) return cuts.firstMet;
  const goesWithDetections =
    path.startsWith(`${LAKE}/detections/`) ||
    path.startsWith(`${LAKE}/top_items/`) ||
    path === conflictsFile(epoch) ||
    path === differencesFile(epoch);
  return goesWithDetections ? cuts.detections : -Infinity;
}

// ---- the change ----------------------------------------------------------------------------------------------------

async function carryOut(
  context: BatchContext,
  lease: HeldLease,
  { leaving, files, retention }: { leaving: readonly Leaving[]; files: readonly PublishedFile[]; retention: Retention },
): Promise<void> {
  const { hdfs, settings } = context;
  const own = await openOwnFolder(settings.workFolder, `retain-${randomUUID()}`);
  const duck = await openDuck({ ...settings, spillFolder: join(own.path, 'spill') });
  const copies = localCopies(hdfs, {
    ...{ shared: join(settings.workFolder, 'copies'), own: join(own.path, 'copies'), keeps: false },
  });
  try {
    const change = await nextChange(context);
    await duck.run(WORK_TABLE);
    for (const file of files.filter(isDetections)) {
      context.signal.throwIfAborted();
      const localFile = await copies.fetch(file);
      await noteRows(context, duck, localFile);
      await rm(localFile, { force: true });
    }
    await stageWork(context, change, duck, own.path);
    await context.mayCrashAt('change_staged_one_file');
    const nothing = await rowsHash(duck, [], hashLimitsFor(settings.memoryMb));
    const epochs = leaving.map(({ run, files: ofRun }) => ({
      epoch: run.epoch,
      rows_removed: ofRun.some(isDetections) ? rowsLeftOf(run) : 0,
      raw_removed: sumOf(
        ofRun.filter(({ path }) => path.startsWith(`${LAKE}/raw/`)),
        'rows',
      ),
      rows_sha256: ofRun.some(isDetections) ? nothing : null,
    }));
    const { detections_up_to, raw_up_to } = retention;
    const declared = {
      kind: 'retain',
      order: null,
      carried: [],
      keeps_replaced: false,
      replaced: [...files],
      added: [],
    };
    const retained = { detections_up_to, raw_up_to };
    await makeChange(context, change, { ...declared, epochs, retained }, () => lease.check());
    await copies.drop(files);
  } finally {
    duck.close();
    await own.remove();
  }
  // What a compacting keeps for a grace may be as old.
  await sweepRetired(context, Date.now(), true);
}

const rowsLeftOf = ({ rows, changes }: RunReport): number =>
  changes.reduce((left, { rows_removed: removed }) => left - removed, rows);

/** Rows whose entries in lists and first-met rows go too (work.ts). */
async function noteRows({ rules }: BatchContext, duck: Duck, localFile: string): Promise<void> {
  await duck.run(`INSERT INTO forgotten
    SELECT detection_oid, kafka_partition, kafka_offset, epoch_ms(arrived_at), geographical_location_oid,
      video_camera_oid, timestamp_detected,
      greatest(${rules.firstEpoch}, epoch_ms(arrived_at) // ${rules.epochSeconds * 1_000}), true, false, NULL
    FROM ${parquet([localFile])}`);
}
