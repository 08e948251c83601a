/**
 * Forgetting: takes detections out of the lake and of HBase, in one change (law L9).
 *
 * `sightline forget` calls `planForgetting` first, without the lock, and then `forget` with it. Every file that holds
 * such a row is written again without it (find-forgotten.ts). First-met rows that can be in force for records to come
 * keep their record and lose what it said, so that a copy does not count again; older ones go. Counts stay, since they
 * name nobody, or go too (recount.ts). The record of the change says how many rows each epoch lost and the hash over
 * those that are left, so a rebuild and `batch run --reprocess` prove the rest from the raw files, which lost the same
 * records. What is replaced is gone at once, also what a compacting had kept for a grace.
 */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { HeldLease } from '../../core/stores/control/lease.ts';
import type { ChangeRecord } from '../../core/stores/lake/changes.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { PublishedFile } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { LocalCopies } from '../lake/local-copies.ts';
import type { FoundFile, ForgottenTable, Search } from './find-forgotten.ts';
import type { Wanted } from './wanted.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { changedFileNumber, epochOfDetectionsFile } from '../../core/layout/lake.ts';
import { MET_COLUMNS } from '../../core/layout/lake-columns.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { horizonOf } from '../epochs/next-epochs.ts';
import { epochsInForce } from '../epochs/first-epoch.ts';
import { rowsOfEpoch } from '../lake/epoch-rows.ts';
import { localCopies } from '../lake/local-copies.ts';
import { hashLimitsFor, rowsHash } from '../lake/rows-hash.ts';
import { openOwnFolder } from '../own-folder.ts';
import { makeChange, nextChange, stageForChange, sweepRetired } from './change.ts';
import { findForgotten, rewrittenIn, rowsOfFile, runsToSearch } from './find-forgotten.ts';
import type { Recount } from './recount.ts';
import { checkPruned, recount, recountedTopItems, stageRecount } from './recount.ts';
import type { Rewritten } from './rewrite.ts';
import { rewriteFile } from './rewrite.ts';
import { loadWanted } from './wanted.ts';
import { stageWork, WORK_TABLE } from './work.ts';

/** What a forgetting takes, or would take. */
export interface Forgetting {
  /** Detections by their records; those of files are below. */
  readonly detections: number;
  readonly tables: Readonly<Record<ForgottenTable, { readonly files: number; readonly rows: number }>>;
  /** What goes of counts; null if they stay. */
  readonly counts: Recount | null;
  /** Cameras of what was found; with an order by ids the camera of each. */
  readonly seen: readonly { readonly camera: string; readonly detection: string | null }[];
  /** Names of the epochs that lose rows of detections. */
  readonly epochs: readonly string[];
  /** The horizon: later epochs were not looked through. */
  readonly up_to_epoch: string;
}

interface Tools {
  readonly duck: Duck;
  readonly copies: LocalCopies;
  readonly folder: string;
  readonly search: Search;
}

/** Looks through the lake and changes nothing. */
export function planForgetting(context: BatchContext, wanted: Wanted): Promise<Forgetting> {
  return withSearch(context, wanted, async ({ duck, search }) => {
    const found: FoundFile[] = [];
    for await (const one of findForgotten(context, search)) found.push(one);
    const counts = wanted.takesCounts === true ? await recount(context, duck) : null;
    return summaryOf(context, duck, found, { search, counts });
  });
}

/** Null if there is nothing to forget. The caller holds the lock of the lake. */
export async function forget(
  context: BatchContext,
  lease: HeldLease,
  wanted: Wanted,
  { mostDetections = Infinity } = {},
): Promise<Forgetting | null> {
  await checkSpeedLayer(context);
  const forgetting = await withSearch(context, wanted, async (tools) => {
    const { duck, search, copies, folder } = tools;
    const change = await nextChange(context);
    const found: FoundFile[] = [];
    const added: Added[] = [];
    const nameFor = detectionNames(change);
    for await (const one of findForgotten(context, search)) {
      found.push(one);
      const rewritten = await rewrite(context, tools, one, nameFor);
      if (rewritten) added.push({ ...(await stageForChange(context, change, rewritten)), ...rewritten });
      // What is kept of detections is hashed below.
      if (rewritten && one.table !== 'detections') await rm(rewritten.localFile, { force: true });
    }
    if (found.length === 0) return null;
    await checkMost(duck, mostDetections);
    const counts = wanted.takesCounts === true ? await takeCounts(context, tools, change, { found, added }) : null;
    const epochs = await epochsOf(context, tools, found, { added, counts });
    await stageWork(context, change, duck, folder);
    await context.mayCrashAt('change_staged_one_file');
    const order = {
      order: wanted.order,
      carried: [],
      kind: 'forget',
      keeps_replaced: false,
      takes_counts: counts !== null,
    };
    const replaced = found.map(({ file }) => file);
    const files = added.map(({ localFile: _, ...file }) => file);
    await makeChange(context, change, { ...order, replaced, added: files, epochs }, () => lease.check());
    await copies.drop(replaced);
    return summaryOf(context, duck, found, { search, counts });
  });
  // Replaced files that a compacting keeps may hold such rows too.
  await sweepRetired(context, Date.now(), true);
  return forgetting;
}

/** Stages the counts that are left. */
async function takeCounts(
  context: BatchContext,
  { duck, copies, folder, search }: Tools,
  change: number,
  { found, added }: { found: FoundFile[]; added: Added[] },
): Promise<Recount> {
  await checkPruned(context, duck);
  const counts = await recount(context, duck);
  await stageRecount(context, change, duck, folder);
  for await (const one of recountedTopItems({ duck, copies, folder, search })) {
    found.push(one.found);
    if (one.rewritten) added.push({ ...(await stageForChange(context, change, one.rewritten)), ...one.rewritten });
  }
  return counts;
}

/** Nobody has seen more than that counted. */
async function checkMost(duck: Duck, most: number): Promise<void> {
  const [count] = await duck.rows('SELECT COUNT(*) AS n FROM forgotten');
  if (Number(count!.n) <= most) return;
  throw new Refusal(
    EXIT.data_check_failed,
    `The lake has ${Number(count!.n)} such detections now, and the plan counted ${most}. Nothing was forgotten. ` +
      'Make a new plan, look at it, and execute that.',
  );
}

/** A worker that has not passed the horizon would write first-met rows again that were forgotten. */
async function checkSpeedLayer({ control, rules }: BatchContext): Promise<void> {
  const horizon = await control.horizon(rules.generation);
  const partitions = (horizon?.cuts ?? []).map((_, partition) => partition);
  const progress = await control.progress(rules.generation, partitions);
  const behind = progress.findIndex((one, at) => one !== null && one.nextOffset < horizon!.cuts[at]!);
  if (behind < 0) return;
  throw new Refusal(
    EXIT.dependency_down,
    `The speed layer has counted partition ${behind} up to offset ${progress[behind]!.nextOffset}, but the horizon ` +
      `is at ${horizon!.cuts[behind]}: it would write forgotten rows again. Wait until it has caught up, then run ` +
      'again.',
  );
}

async function withSearch<T>(context: BatchContext, wanted: Wanted, work: (tools: Tools) => Promise<T>): Promise<T> {
  const { hdfs, settings } = context;
  const horizon = await horizonOf(context);
  if (!horizon) throw new Refusal(EXIT.nothing_to_do, 'No epoch is published yet, so the lake holds nothing to forget');
  const own = await openOwnFolder(settings.workFolder, `forget-${randomUUID()}`);
  const folder = own.path;
  const duck = await openDuck({ ...settings, spillFolder: join(folder, 'spill') });
  const copies = localCopies(hdfs, {
    ...{ shared: join(settings.workFolder, 'copies'), own: join(folder, 'copies'), keeps: false },
  });
  try {
    await duck.run(WORK_TABLE);
    await loadWanted(duck, wanted);
    const { order } = wanted;
    const search = { duck, copies, order, horizon, runs: await runsToSearch(context, order, horizon) };
    return await work({ duck, copies, folder, search });
  } finally {
    duck.close();
    await own.remove();
  }
}

// ---- files ---------------------------------------------------------------------------------------------------------

type Added = PublishedFile & { readonly localFile: string; readonly epochs: string[] };

/** New names for files of detections: readers tell old and new apart by them. Others keep theirs. */
function detectionNames(change: number): (path: string) => string {
  const made = new Map<string, number>();
  return (path) => {
    const stem = `${path.slice(0, path.lastIndexOf('/'))}/${epochOfDetectionsFile(path)}`;
    const at = made.get(stem) ?? 0;
    made.set(stem, at + 1);
    return `${stem}-${changedFileNumber(change, at)}.parquet`;
  };
}

/** Writes the file again without the rows that go, in the same order. Null if no row is left and nobody needs it. */
async function rewrite(
  { rules }: BatchContext,
  { duck, folder, search: { horizon } }: Tools,
  { table, file, localFile, condition, rows, runs }: FoundFile,
  nameFor: (path: string) => string,
): Promise<Rewritten | null> {
  const inForce = new Set(epochsInForce(horizon.epoch, rules).map((epoch) => nameOf(epoch, rules)));
  const isBlanked = table === 'first_met' && runs.some(({ epoch }) => inForce.has(epoch));
  // A manifest names at least one file of first-met rows.
  if (rows === file.rows && table !== 'first_met') return null;
  const path = table === 'detections' ? nameFor(file.path) : file.path;
  const target = rewrittenIn(folder, path);
  const select = isBlanked
    ? `SELECT ${MET_COLUMNS.map(([name]) => blanked(name, condition)).join(', ')} FROM ${rowsOfFile(localFile)}`
    : `SELECT * EXCLUDE (file_row_number) FROM ${rowsOfFile(localFile)} WHERE (${condition}) IS NOT TRUE`;
  const left = await rewriteFile(duck, localFile, `${select} ORDER BY file_row_number`, target);
  if (left !== file.rows - (isBlanked ? 0 : rows))
    throw new Error(`${file.path} has ${file.rows} rows, ${rows} of them go, and ${left} are left`);
  return { path, localFile: target, rows: left, epochs: runs.map(({ epoch }) => epoch) };
}

const SAID = new Set(['geographical_location_oid', 'video_camera_oid', 'item_name', 'timestamp_detected']);
const blanked = (name: string, condition: string): string =>
  SAID.has(name) ? `CASE WHEN ${condition} THEN NULL ELSE ${name} END AS ${name}` : name;

// ---- the record ----------------------------------------------------------------------------------------------------

/** For each manifest that names another file now: what went, and the hash over the rows that are left. */
async function epochsOf(
  { rules, settings }: BatchContext,
  { duck, copies, folder, search }: Tools,
  found: readonly FoundFile[],
  { added, counts }: { added: readonly Added[]; counts: Recount | null },
): Promise<ChangeRecord['epochs']> {
  const gone = new Set(found.map(({ file }) => file.path));
  const removed = new Map(
    (await duck.rows('SELECT epoch, COUNT(*) AS n FROM forgotten WHERE is_listed GROUP BY epoch')).map((row) => [
      Number(row.epoch),
      Number(row.n),
    ]),
  );
  const epochs: ChangeRecord['epochs'] = [];
  for (const run of search.runs) {
    const ofRun = found.filter(({ runs }) => runs.some(({ epoch }) => epoch === run.epoch));
    if (ofRun.length === 0) continue;
    const rowsRemoved = removed.get(run.epoch_number) ?? 0;
    const rawRemoved = ofRun.filter(({ table }) => table === 'raw').reduce((sum, { rows }) => sum + rows, 0);
    const kept = run.files.filter(({ path }) => path.startsWith('lake/detections/') && !gone.has(path));
    const files = added.filter(
      ({ path, epochs: names }) => path.startsWith('lake/detections/') && names.includes(run.epoch),
    );
    let hash: string | null = null;
    if (rowsRemoved > 0) {
      const local = [...files];
      for (const file of kept) {
        const localFile = join(folder, 'kept', file.path.replaceAll('/', '_'));
        await mkdir(dirname(localFile), { recursive: true });
        await copyFile(await copies.fetch(file), localFile);
        local.push({ ...file, localFile, epochs: [] });
      }
      local.sort((a, b) => (a.path < b.path ? -1 : 1));
      const where = rowsOfEpoch(run.epoch_number as Epoch, rules);
      hash = await rowsHash(duck, local, hashLimitsFor(settings.memoryMb), where);
      await rm(join(folder, 'kept'), { recursive: true, force: true });
    }
    const taken = { rows_removed: rowsRemoved, raw_removed: rawRemoved, rows_sha256: hash };
    epochs.push({ epoch: run.epoch, ...taken, ...(counts && { counts_removed: rowsRemoved }) });
  }
  return epochs;
}

async function summaryOf(
  { rules }: BatchContext,
  duck: Duck,
  found: readonly FoundFile[],
  { search: { horizon, order }, counts }: { search: Search; counts: Recount | null },
): Promise<Forgetting> {
  const [count] = await duck.rows('SELECT COUNT(*) AS n FROM forgotten');
  const detection = order.by === 'detections' ? 'detection_oid' : 'NULL';
  const seen = await duck.rows(
    `SELECT DISTINCT video_camera_oid AS camera, ${detection} AS detection FROM forgotten ORDER BY ALL`,
  );
  const epochs = await duck.rows('SELECT DISTINCT epoch FROM forgotten WHERE is_listed ORDER BY epoch');
  const of = (table: ForgottenTable): { files: number; rows: number } => {
    const files = found.filter((one) => one.table === table);
    return { files: files.length, rows: files.reduce((sum, { rows }) => sum + rows, 0) };
  };
  const [detections, raw, firstMet, conflicts] = [of('detections'), of('raw'), of('first_met'), of('conflicts')];
  return {
    detections: Number(count!.n),
    tables: { detections, raw, first_met: firstMet, conflicts, top_items: of('top_items') },
    counts,
    seen: seen.map(({ camera, detection }) => ({
      camera: String(camera),
      detection: detection === null ? null : String(detection),
    })),
    epochs: epochs.map(({ epoch }) => nameOf(Number(epoch) as Epoch, rules)),
    up_to_epoch: nameOf(horizon.epoch, rules),
  };
}
