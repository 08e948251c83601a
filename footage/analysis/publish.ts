/**
 * Publishes what Spark wrote of some epochs: each file by one rename, then the hours, and last the file that says that
 * the epoch is analysed.
 *
 * The order of effects, and what a death between two of them leaves:
 *   remove `_epochs/<epoch>.json`          the epoch counts as not analysed until the end, and the next analysis does it
 *   remove the facts, rename the new ones  readers see a whole file or none
 *   sum up the hours
 *   write `_epochs/<epoch>.json`
 * If the rows are the same as before, nothing is replaced.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import { endOf, nameOf, startOf } from '../../core/domain/epoch.ts';
import { FACT_COLUMNS, analysedEpochFile, factsFile } from '../../core/layout/footage-facts.ts';
import { namesOf } from '../../core/layout/lake-columns.ts';
import { sha256Of } from '../../core/process/file-hash.ts';
import { inLanes } from '../../core/process/lanes.ts';
import type { AnalysedEpoch } from '../../core/stores/footage/analysed-epochs.ts';
import { analysedEpochs, readAnalysedEpoch, writeAnalysedEpoch } from '../../core/stores/footage/analysed-epochs.ts';
import type { CameraHours } from '../../core/stores/footage/camera-hours.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import { parquet } from '../../core/stores/lake/duckdb.ts';
import { hoursOf } from './plan.ts';
import type { SeenCamera, SumUpContext } from './sum-up.ts';
import { sumUpHours } from './sum-up.ts';

const LANES = 8;

/** The new facts of an epoch. */
export interface NewFacts {
  readonly epoch: Epoch;
  /** The file in HDFS and its copy on this machine; null if the epoch has no footage. */
  readonly file: { readonly staged: string; readonly local: string } | null;
}

export interface PublishedFacts {
  readonly epoch: AnalysedEpoch;
  readonly isSame: boolean;
}

export interface Publishing {
  readonly facts: readonly NewFacts[];
  readonly seen: readonly SeenCamera[] | null;
  readonly nowMs: number;
}

export async function publishFacts(
  context: SumUpContext,
  { facts, seen, nowMs }: Publishing,
): Promise<{ epochs: PublishedFacts[]; hours: CameraHours[] }> {
  const { hdfs } = context;
  const epochs: PublishedFacts[] = [];
  for (const one of facts.filter(({ file }) => file !== null)) epochs.push(await placeFacts(context, one, nowMs));
  // Most epochs of a quiet day; they need no DuckDB, so several go at once.
  const empty = facts.filter(({ file }) => file === null);
  await inLanes(LANES, empty, async (one) => void epochs.push(await placeFacts(context, one, nowMs)));
  epochs.sort((a, b) => a.epoch.from - b.epoch.from);
  const analysed = new Set([...(await analysedEpochs(hdfs)), ...epochs.map(({ epoch }) => epoch.epoch)]);
  const touched = hoursOf(
    facts.map(({ epoch }) => epoch),
    context,
  );
  const hours = await sumUpHours(context, { hours: touched, analysed, seen });
  const changed = epochs.filter(({ isSame }) => !isSame);
  await inLanes(LANES, changed, ({ epoch }) => writeAnalysedEpoch(hdfs, epoch));
  return { epochs, hours };
}

async function placeFacts(context: SumUpContext, { epoch, file }: NewFacts, nowMs: number): Promise<PublishedFacts> {
  const { hdfs, duck } = context;
  const name = nameOf(epoch, context);
  const path = factsFile(name);
  const before = await readAnalysedEpoch(hdfs, name);
  if (before !== null && (await isSame(context, before, file))) return { epoch: before, isSame: true };
  await hdfs.remove(analysedEpochFile(name));
  await hdfs.remove(path);
  const numbers = file === null ? { frames: 0, films: 0, faults: 0 } : await numbersOf(duck, file.local);
  const bounds = { from: startOf(epoch, context), to: endOf(epoch, context) };
  const analysed = { version: 1 as const, epoch: name, ...bounds, analysed_at: nowMs, ...numbers };
  if (file === null) return { epoch: { ...analysed, file: null }, isSame: false };
  if (!(await hdfs.rename(file.staged, path)) && (await hdfs.facts(path)) === null)
    throw new Error(`${file.staged} is gone before it could be renamed to ${path}`);
  const { size: bytes } = await stat(file.local);
  const rows = numbers.frames + numbers.films;
  return { epoch: { ...analysed, file: { path, bytes, sha256: await sha256Of(file.local), rows } }, isSame: false };
}

async function isSame(
  { hdfs, duck, workFolder }: SumUpContext,
  before: AnalysedEpoch,
  file: NewFacts['file'],
): Promise<boolean> {
  if (before.file === null || file === null) return before.file === file;
  if ((await hdfs.facts(before.file.path)) === null) return false;
  const local = join(workFolder, 'before.parquet');
  await hdfs.download(before.file.path, local);
  const [a, b] = [rowsOf(local), rowsOf(file.local)];
  const [difference] = await duck.rows(
    `SELECT COUNT(*) AS n FROM ((${a} EXCEPT ALL ${b}) UNION ALL (${b} EXCEPT ALL ${a}))`,
  );
  return Number(difference!.n) === 0;
}

const rowsOf = (file: string): string => `SELECT ${namesOf(FACT_COLUMNS)} FROM ${parquet([file])}`;

async function numbersOf(duck: Duck, local: string): Promise<{ frames: number; films: number; faults: number }> {
  const [row] = await duck.rows(
    `SELECT COUNT(*) FILTER (kind <> 'mp4') AS frames, COUNT(*) FILTER (kind = 'mp4') AS films, COUNT(fault) AS faults
     FROM ${parquet([local])}`,
  );
  return { frames: Number(row!.frames), films: Number(row!.films), faults: Number(row!.faults) };
}
