/**
 * The plan of an analysis: which folders and packs may hold footage of the epochs, and where Spark writes.
 *
 * analyse.ts makes it, run-spark.ts writes it as JSON for job.py. Paths are complete URLs, because Spark does not know
 * SIGHTLINE_ROOT; ids are texts, because a number of JSON loses digits. Only names of folders and packs are read here:
 * Spark lists the files themselves, a day of which may be millions.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import { endOf, nameOf, startOf } from '../../core/domain/epoch.ts';
import { OID_PATTERN } from '../../core/domain/oid.ts';
import { dateOf, DAY_MS, HOUR_MS } from '../../core/domain/time.ts';
import { FOOTAGE, footageFolder, settledNamePattern, timeOfDay } from '../../core/layout/footage.ts';
import { indexOfPack, PACKS } from '../../core/layout/footage-packs.ts';
import { LAKE } from '../../core/layout/lake.ts';
import { cameraDaysIn } from '../../core/stores/footage/days.ts';
import { listPacks } from '../../core/stores/footage/pack-index.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';

export interface AnalysisPlan {
  readonly epoch_ms: number;
  /** Number and name. */
  readonly epochs: readonly (readonly [number, string])[];
  /** Camera, date, URL, and the bounds of names: [first, last). */
  readonly folders: readonly (readonly [string, string, string, string, string])[];
  /** Camera, URL of the pack, URL of its index. */
  readonly packs: readonly (readonly [string, string, string])[];
  readonly name_pattern: string;
  /** Folders of published detections of the epochs' hours. */
  readonly detections: readonly string[];
  readonly lake: string;
  readonly out: string;
}

export interface PlanFacts {
  readonly epochs: readonly Epoch[];
  readonly epochSeconds: number;
  /** The root in HDFS as a URL. */
  readonly lakeRoot: string;
  /** The staging folder, relative to the root. */
  readonly out: string;
}

/** Epochs in ascending order, at least one. */
export async function planAnalysis(hdfs: Hdfs, facts: PlanFacts): Promise<AnalysisPlan> {
  const { epochs, lakeRoot } = facts;
  const url = (path: string): string => `${lakeRoot}/${path}`;
  const window = { from: startOf(epochs[0]!, facts), to: endOf(epochs.at(-1)!, facts) };
  const folders: [string, string, string, string, string][] = [];
  for (const { camera, date } of await cameraDaysIn(hdfs, FOOTAGE))
    if (touches(date, window))
      folders.push([camera, date, url(footageFolder(camera, date)), ...namesWithin(date, window)]);
  const packs: [string, string, string][] = [];
  for (const { camera, date } of await cameraDaysIn(hdfs, PACKS))
    if (touches(date, window))
      for (const { path, firstMs, lastMs } of (await listPacks(hdfs, camera, date)).whole)
        if (firstMs < window.to && lastMs >= window.from) packs.push([camera, url(path), url(indexOfPack(path))]);
  return {
    epoch_ms: facts.epochSeconds * 1_000,
    epochs: epochs.map((epoch) => [epoch, nameOf(epoch, facts)]),
    folders,
    packs,
    name_pattern: settledNamePattern(OID_PATTERN.slice(1, -1)),
    detections: (await detectionFolders(hdfs, epochs, facts)).map(url),
    lake: url(`${LAKE}/detections`),
    out: url(facts.out),
  };
}

interface Window {
  readonly from: number;
  readonly to: number;
}

function touches(date: string, { from, to }: Window): boolean {
  const begins = Date.parse(date);
  return begins < to && begins + DAY_MS > from;
}

/** Names begin with the time of the day, so bounds of time are bounds of names. */
function namesWithin(date: string, { from, to }: Window): [first: string, last: string] {
  const begins = Date.parse(date);
  return [from <= begins ? '0' : timeOfDay(from), to >= begins + DAY_MS ? '9' : timeOfDay(to)];
}

async function detectionFolders(hdfs: Hdfs, epochs: readonly Epoch[], length: PlanFacts): Promise<string[]> {
  const wanted = hoursOf(epochs, length).map((hour) => {
    const hh = new Date(hour).toISOString().slice(11, 13);
    return { day: `${LAKE}/detections/dt=${dateOf(hour)}`, path: `${LAKE}/detections/dt=${dateOf(hour)}/hour=${hh}` };
  });
  const there = new Set<string>();
  for (const day of new Set(wanted.map((one) => one.day))) for (const { path } of await hdfs.list(day)) there.add(path);
  return wanted.map(({ path }) => path).filter((path) => there.has(path));
}

/** The beginnings of the hours that the epochs touch, in ascending order. */
export function hoursOf(epochs: readonly Epoch[], length: { readonly epochSeconds: number }): number[] {
  const hours = new Set<number>();
  for (const epoch of epochs)
    for (
      let hour = Math.floor(startOf(epoch, length) / HOUR_MS) * HOUR_MS;
      hour < endOf(epoch, length);
      hour += HOUR_MS
    )
      hours.add(hour);
  return [...hours].sort((a, b) => a - b);
}
