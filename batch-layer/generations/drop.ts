/**
 * What a rebuild left behind goes: lakes and counts of generations that do not hold any more (laws L9 and L10).
 *
 * `batch prune --generations` calls it with the locks of rebuilds and of the lake held, so no switch is under way. The
 * old lake is the only other copy of every record, so it goes only if the lake that holds is whole: a manifest for each
 * epoch up to the horizon, and each of its files there with its length. What stands in HBase goes before folders:
 * whoever was killed in between finds the folder still and goes on. A generation beyond the one that holds is being
 * rebuilt and is left alone.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { FileFacts } from '../../core/stores/hdfs/types.ts';
import type { BatchContext } from '../context.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { LAKE } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import { horizonOf } from '../epochs/next-epochs.ts';

export interface OldGeneration {
  readonly generation: number;
  /** Rows of both views in HBase. */
  readonly rows: number;
  /** Its lake, relative to the root, and what is in it. */
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** The family of its first-met rows in HBase; null where it shares that of the one that holds, or it is gone. */
  readonly firstMetFamily: string | null;
}

export interface DropOptions {
  readonly isDry: boolean;
  readonly now: number;
  /** Throws unless both locks are still held. */
  check(): Promise<void>;
}

/** What was removed, or would be; empty if nothing is left or the grace after a switch is not over. */
export async function dropOldGenerations(
  context: BatchContext,
  { isDry, now, check }: DropOptions,
): Promise<OldGeneration[]> {
  const { hdfs, rules, control, oldGenerations, firstMetFamilies } = context;
  const folders = (await hdfs.list('')).flatMap((entry) => oldFolder(entry, rules.generation));
  // The lake was renamed into its folder at the switch.
  const graceMs = await greatestGraceMs(context, [rules, ...folders]);
  if (folders.some(({ modifiedAtMs }) => modifiedAtMs + graceMs > now)) return [];
  const rows = await oldGenerations.rows(rules.generation);
  const rebuilding = await control.rebuilding(rules.generation + 1);
  const families = new Map(
    (await firstMetFamilies.unneeded(rebuilding ? [rules, rebuilding] : [rules])).map((family) => [
      generationOf(family),
      family,
    ]),
  );
  const old: OldGeneration[] = [];
  for (const generation of [
    ...new Set([...rows.keys(), ...folders.map((folder) => folder.generation), ...families.keys()]),
  ].sort((a, b) => a - b)) {
    const folder = `_generation-${generation}`;
    const files = await hdfs.walk(folder);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    old.push({
      generation,
      rows: rows.get(generation) ?? 0,
      folder,
      files: files.length,
      bytes,
      firstMetFamily: families.get(generation) ?? null,
    });
  }
  if (old.length === 0) return [];
  await checkWhole(context);
  if (isDry) return old;
  await check();
  await firstMetFamilies.drop([...families.values()]);
  await oldGenerations.drop(rules.generation);
  for (const { path } of folders) {
    await check();
    await hdfs.remove(path);
  }
  return old;
}

/** What an answer of any of these generations may still count on. */
async function greatestGraceMs(
  { control, settings }: BatchContext,
  generations: readonly { generation: number }[],
): Promise<number> {
  const horizons = await Promise.all(generations.map(({ generation }) => control.horizon(generation)));
  return Math.max(...horizons.map((horizon) => horizon?.graceMs ?? settings.pruneGraceMs));
}

/** The family without a number is what the generations share that were made before each had its own; the first was. */
const generationOf = (family: string): number => Number(/\d+$/.exec(family)?.[0] ?? 1);

const FOLDER = /^_generation-(\d+)$/;

function oldFolder(entry: FileFacts, before: number): (FileFacts & { generation: number })[] {
  const generation = Number(FOLDER.exec(entry.path)?.[1]);
  return entry.isFolder && generation < before ? [{ ...entry, generation }] : [];
}

/** Throws unless every published epoch of the generation that holds has its manifest and its files. */
async function checkWhole(context: BatchContext): Promise<void> {
  const { hdfs, rules } = context;
  const horizon = await horizonOf(context);
  if (!horizon) throw notWhole(`generation ${rules.generation} has published nothing yet`);
  const bytesOf = new Map((await hdfs.walk(LAKE)).map(({ path, bytes }) => [path, bytes]));
  for (let epoch = rules.firstEpoch as Epoch; epoch <= horizon.epoch; epoch = (epoch + 1) as Epoch) {
    const name = nameOf(epoch, rules);
    const run = await readRun(hdfs, name);
    if (!run) throw notWhole(`the manifest of ${name} is gone`);
    const bad = run.files.find(({ path, bytes }) => bytesOf.get(path) !== bytes);
    if (bad)
      throw notWhole(`${bad.path} has ${bytesOf.get(bad.path) ?? 'no'} bytes, and its manifest says ${bad.bytes}`);
  }
}

function notWhole(because: string): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `The current lake is incomplete: ${because}. Nothing older was removed; run "batch run --reprocess all" to see what is missing.`,
  );
}
