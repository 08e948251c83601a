/**
 * Sums up hours: writes the files of camera-hours again from the facts, whoever changed those.
 *
 * publish.ts calls it before an epoch counts as analysed, also after an erasure. An hour is computed from the facts of
 * all its analysed epochs, from the detections that Spark saw, and from the hours before it, which say who is known. A
 * file that would be the same is left alone.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Epoch } from '../../core/domain/epoch.ts';
import { endOf, epochAt, nameOf, startOf } from '../../core/domain/epoch.ts';
import { DAY_MS, HOUR_MS } from '../../core/domain/time.ts';
import { FACTS, factsFile, factsFolder } from '../../core/layout/footage-facts.ts';
import { inLanes } from '../../core/process/lanes.ts';
import type { CameraHour, CameraHours } from '../../core/stores/footage/camera-hours.ts';
import { cameraHoursStore, isWholeHour, writeCameraHours } from '../../core/stores/footage/camera-hours.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import type { CountedHour } from './camera-hours-of-facts.ts';
import { countCameraHours } from './camera-hours-of-facts.ts';
import type { FlagRules, KnownCamera } from './flags.ts';
import { flagsOf, isSilent } from './flags.ts';

export interface SumUpContext {
  readonly hdfs: Hdfs;
  readonly duck: Duck;
  readonly rules: FlagRules;
  readonly epochSeconds: number;
  /** On this machine, with room for the facts of the hours. */
  readonly workFolder: string;
}

/** A camera in the detections of an hour. */
export interface SeenCamera {
  readonly hour: number;
  readonly camera: string;
  readonly place: string;
  readonly detections: number;
}

export interface HoursToSumUp {
  /** Beginnings, in ascending order. */
  readonly hours: readonly number[];
  /** Names of the epochs whose facts are there. */
  readonly analysed: ReadonlySet<string>;
  /** Null: nobody has looked at the detections again, so what the files say of them stays. */
  readonly seen: readonly SeenCamera[] | null;
}

const DOWNLOADS_AT_ONCE = 4;

/** Resolves with the hours as they are now. */
export async function sumUpHours(context: SumUpContext, wanted: HoursToSumUp): Promise<CameraHours[]> {
  const { hdfs, rules } = context;
  const { hours, analysed } = wanted;
  const first = hours[0];
  if (first === undefined) return [];
  const knownMs = rules.FOOTAGE_KNOWN_DAYS * DAY_MS;
  const window = { from: Math.max(0, first - knownMs), to: hours.at(-1)! + HOUR_MS };
  const files = new Map((await cameraHoursStore(hdfs).between(window)).map((file) => [file.from, file]));
  const counted = await countFacts(context, wanted);
  const summed: CameraHours[] = [];
  for (const from of hours) {
    const before = files.get(from);
    const hour = sumUp(from, {
      rules,
      analysed_to: coveredTo(from, analysed, context),
      counted: counted.filter((one) => one.from === from),
      seen: wanted.seen?.filter((one) => one.hour === from) ?? seenIn(before),
      known: knownBefore(from, files, knownMs),
    });
    if (JSON.stringify(hour) !== JSON.stringify(before)) await writeCameraHours(hdfs, hour);
    files.set(from, hour);
    summed.push(hour);
  }
  return summed;
}

async function countFacts({ hdfs, duck, rules, workFolder, ...length }: SumUpContext, wanted: HoursToSumUp) {
  const names = wanted.hours.flatMap((hour) => epochsIn(hour, length)).map((epoch) => nameOf(epoch, length));
  const paths = new Set(names.filter((name) => wanted.analysed.has(name)).map(factsFile));
  const there = new Set<string>();
  for (const folder of new Set([...paths].map((path) => factsFolder(path.slice(FACTS.length + 4, FACTS.length + 14)))))
    for (const { path } of await hdfs.list(folder)) there.add(path);
  const folder = join(workFolder, 'sum-up');
  await mkdir(folder, { recursive: true });
  try {
    const local = [...paths]
      .filter((path) => there.has(path))
      .map((path, n) => ({ path, to: join(folder, String(n)) }));
    await inLanes(DOWNLOADS_AT_ONCE, local, ({ path, to }) => hdfs.download(path, to));
    return await countCameraHours(
      duck,
      local.map(({ to }) => to),
      rules.FOOTAGE_FROZEN_BITS,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function epochsIn(hour: number, length: { readonly epochSeconds: number }): Epoch[] {
  const epochs: Epoch[] = [];
  for (let epoch = epochAt(hour, length); startOf(epoch, length) < hour + HOUR_MS; epoch = (epoch + 1) as Epoch)
    epochs.push(epoch);
  return epochs;
}

/** The end of the epochs that are analysed without a gap from the beginning of the hour on. */
function coveredTo(hour: number, analysed: ReadonlySet<string>, length: { readonly epochSeconds: number }): number {
  let to = hour;
  for (const epoch of epochsIn(hour, length)) {
    if (!analysed.has(nameOf(epoch, length))) break;
    to = endOf(epoch, length);
  }
  return Math.min(to, hour + HOUR_MS);
}

interface SeenHere {
  readonly camera: string;
  readonly place: string | null;
  readonly detections: number;
}

function seenIn(hour: CameraHours | undefined): SeenHere[] {
  return (hour?.cameras ?? [])
    .filter(({ detections }) => detections > 0)
    .map(({ video_camera_oid, geographical_location_oid, detections }) => ({
      ...{ camera: video_camera_oid, place: geographical_location_oid, detections },
    }));
}

function knownBefore(hour: number, files: ReadonlyMap<number, CameraHours>, knownMs: number): Map<string, KnownCamera> {
  const known = new Map<string, KnownCamera>();
  for (let from = hour - knownMs; from < hour; from += HOUR_MS)
    for (const camera of files.get(from)?.cameras ?? []) {
      const { video_camera_oid: id, frames, films, detections } = camera;
      if (frames + films + detections === 0) continue;
      const earlier = known.get(id);
      known.set(id, {
        place: camera.geographical_location_oid ?? earlier?.place ?? null,
        hadFootage: frames + films > 0 || (earlier?.hadFootage ?? false),
      });
    }
  return known;
}

interface HourParts {
  readonly rules: FlagRules;
  readonly analysed_to: number;
  readonly counted: readonly CountedHour[];
  readonly seen: readonly SeenHere[];
  readonly known: ReadonlyMap<string, KnownCamera>;
}

const NOTHING = { frames: 0, films: 0, faults: 0, brightness: null, sharpness: null, alike: 0, last_taken_at: null };

/** Pure: the cameras of an hour, each with its flags, in the order of their ids. */
export function sumUp(from: number, { rules, analysed_to, counted, seen, known }: HourParts): CameraHours {
  const countedOf = new Map(counted.map((one) => [one.video_camera_oid, one]));
  const seenOf = new Map(seen.map((one) => [one.camera, one]));
  const hour = { version: 1 as const, from, analysed_to };
  const isWhole = isWholeHour({ ...hour, cameras: [] });
  const ids = new Set([...countedOf.keys(), ...seenOf.keys(), ...known.keys()]);
  const cameras = [...ids].sort(byNumber).map((id): CameraHour => {
    const numbers = countedOf.get(id) ?? { video_camera_oid: id, ...NOTHING };
    const detections = seenOf.get(id)?.detections ?? 0;
    const place = seenOf.get(id)?.place ?? known.get(id)?.place ?? null;
    const camera = known.get(id);
    const all = { ...numbers, detections };
    const silent = isWhole && camera !== undefined && isSilent(camera, all, seen.length > 0);
    const flags = silent ? ['silent' as const] : flagsOf(all, rules);
    const { video_camera_oid, frames, films, faults, brightness, sharpness, alike, last_taken_at } = numbers;
    return {
      ...{ video_camera_oid, geographical_location_oid: place, frames, films, faults, detections },
      ...{ brightness, sharpness, alike, last_taken_at, flags },
    };
  });
  return { ...hour, cameras };
}

function byNumber(a: string, b: string): number {
  return BigInt(a) < BigInt(b) ? -1 : 1;
}
