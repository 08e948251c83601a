/**
 * Removes old generations after a rebuild: their lakes, and their counts and first-met rows in HBase (laws L9 and L10).
 *
 * commands/prune.ts calls it while it holds the locks of rebuilds and of the lake, so no switch is under way. The old
 * lake is the only other copy of every record, so it is removed only if the current lake is complete: each epoch up to
 * the horizon has its manifest, and each of its files has its length. HBase is cleared before the folders: if the
 * process is killed in between, the next one still finds the folder. A later generation than the current one is being
 * rebuilt, and nothing of it is touched.
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
  /** The folder of its lake, relative to the root. */
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** The set of its first-met rows; null if it shares the current generation's or has none any more. */
  readonly firstMetFamily: string | null;
}

interface DropOptions {
  readonly isDryRun: boolean;
  readonly now: number;
  /** Throws unless both locks are still held. */
  checkLocks(): Promise<void>;
}

/** Returns what it removed, or would remove; empty if nothing is left or the grace after a switch is not over. */
export async function dropOldGenerations(
  context: BatchContext,
  { isDryRun, now, checkLocks }: DropOptions,
): Promise<OldGeneration[]> {
  const { hdfs, rules, control, oldGenerations, firstMetSets } = context;
  const folders = (await hdfs.list('')).flatMap((entry) => oldGenerationFolder(entry, rules.generation));
  // The switch renamed the lake, so the folder's time is that of the switch.
  const graceMs = await greatestGraceMs(context, [rules, ...folders]);
  if (folders.some(({ modifiedAtMs }) => modifiedAtMs + graceMs > now)) return [];
  const rows = await oldGenerations.rows(rules.generation);
  const rebuilding = await control.rebuilding(rules.generation + 1);
  const families = new Map(
    (await firstMetSets.unneeded(rebuilding ? [rules, rebuilding] : [rules])).map((family) => [
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
  await checkComplete(context);
  if (isDryRun) return old;
  await checkLocks();
  await firstMetSets.drop([...families.values()]);
  await oldGenerations.drop(rules.generation);
  for (const { path } of folders) {
    await checkLocks();
    await hdfs.remove(path);
  }
  return old;
}

/** For so long after the switch an answer may still read one of these generations. */
async function greatestGraceMs(
  { control, settings }: BatchContext,
  generations: readonly { generation: number }[],
): Promise<number> {
  const horizons = await Promise.all(generations.map(({ generation }) => control.horizon(generation)));
  return Math.max(...horizons.map((horizon) => horizon?.graceMs ?? settings.pruneGraceMs));
}

/** Early versions had one family without a number for all generations; it counts as that of the first generation. */
const generationOf = (family: string): number => Number(/\d+$/.exec(family)?.[0] ?? 1);

const FOLDER = /^_generation-(\d+)$/;

function oldGenerationFolder(entry: FileFacts, before: number): (FileFacts & { generation: number })[] {
  const generation = Number(FOLDER.exec(entry.path)?.[1]);
  return entry.isFolder && generation < before ? [{ ...entry, generation }] : [];
}

/** Throws unless every published epoch of the current generation has its manifest and its files. */
async function checkComplete(context: BatchContext): Promise<void> {
  const { hdfs, rules } = context;
  const horizon = await horizonOf(context);
  if (!horizon) throw incompleteLake(`generation ${rules.generation} has published nothing yet`);
  const bytesOf = new Map((await hdfs.walk(LAKE)).map(({ path, bytes }) => [path, bytes]));
  for (let epoch = rules.firstEpoch as Epoch; epoch <= horizon.epoch; epoch = (epoch + 1) as Epoch) {
    const name = nameOf(epoch, rules);
    const run = await readRun(hdfs, name);
    if (!run) throw incompleteLake(`the manifest of epoch ${name} is missing`);
    const bad = run.files.find(({ path, bytes }) => bytesOf.get(path) !== bytes);
    if (bad && !bytesOf.has(bad.path)) throw incompleteLake(`${bad.path} is missing`);
    if (bad) throw incompleteLake(`${bad.path} has ${bytesOf.get(bad.path)} bytes, but its manifest says ${bad.bytes}`);
  }
}

function incompleteLake(finding: string): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `The current lake is incomplete: ${finding}. Nothing was removed. ` +
      '"batch run --reprocess all" shows what is missing.',
  );
}
