/**
 * The cameras and days of which there is footage: the folders `camera=<oid>/dt=<date>` below a root, of files or packs.
 *
 * Both forms (settled-form.ts, packed-form.ts) call it, and so does what packs, prunes and erases (footage/).
 */
import { posix } from 'node:path';
import { inLanes } from '../../process/lanes.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Hdfs } from '../hdfs/types.ts';

const LANES = 8;

/** Ids in the order of names. */
export function camerasIn(hdfs: Hdfs, root: string, limits?: ReadLimits): Promise<string[]> {
  return partitionsIn(hdfs, root, /^camera=(-?\d{1,20})$/, limits);
}

/** Dates in UTC, as in 2026-11-30, the first one first. */
export function datesOf(hdfs: Hdfs, root: string, camera: string, limits?: ReadLimits): Promise<string[]> {
  return partitionsIn(hdfs, `${root}/camera=${camera}`, /^dt=(\d{4}-\d\d-\d\d)$/, limits);
}

export interface CameraDay {
  readonly camera: string;
  readonly date: string;
}

/** Every day of every camera, in the order of cameras and days. */
export async function cameraDaysIn(hdfs: Hdfs, root: string): Promise<CameraDay[]> {
  const cameras = await camerasIn(hdfs, root);
  const dates = new Map<string, string[]>();
  await inLanes(LANES, cameras, async (camera) => void dates.set(camera, await datesOf(hdfs, root, camera)));
  return cameras.flatMap((camera) => dates.get(camera)!.map((date) => ({ camera, date })));
}

async function partitionsIn(hdfs: Hdfs, folder: string, pattern: RegExp, limits?: ReadLimits): Promise<string[]> {
  const entries = await hdfs.list(folder, limits);
  return entries.flatMap(({ path }) => pattern.exec(posix.basename(path))?.[1] ?? []);
}
