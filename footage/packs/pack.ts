/**
 * Packs the small frames of past days: thousands of files of HDFS become one, and the originals go when the pack is
 * verified.
 *
 * A NameNode holds each file in memory, and twenty frames a second are 1.7 million files a day. So the frames of a
 * camera's day are written into packs (write-pack.ts), and the settled originals are removed afterwards. Films and
 * frames above the limit stay files. A reader that looks for both forms finds each frame in one of them at any moment,
 * and for a short time in both, with the same hash.
 *
 * One packing runs at a time (the caller holds a lease). It may die anywhere; the next one finishes:
 *   a pack without its index, or an index without its pack     removed: no original has gone for it
 *   originals that a whole pack holds                          removed
 *   frames that came after the day was packed                  one more pack
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FOOTAGE, footageFolder, parseSettledFile, settledFile } from '../../core/layout/footage.ts';
import type { Footage } from '../../core/layout/footage.ts';
import { PACKING } from '../../core/layout/footage-packs.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { camerasIn, datesOf } from '../../core/stores/footage/days.ts';
import { listPacks, readPackIndex } from '../../core/stores/footage/pack-index.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import type { Damaged } from './write-pack.ts';
import { writePack } from './write-pack.ts';

export interface PackRules {
  /** Days before this one are packed, as in 2026-11-30 (UTC). */
  readonly before: string;
  /** A frame with more bytes stays a file. */
  readonly greatestFrameBytes: number;
  /** A pack is closed when it would have more bytes of frames, or more frames. */
  readonly packBytes: number;
  readonly packFrames: number;
  /** A folder on this machine, with room for one pack. */
  readonly scratch: string;
  readonly isDryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Called after each day of a camera. */
  readonly onDay?: (day: PackedDay) => void;
}

export interface PackedDay {
  readonly camera: string;
  readonly date: string;
  packs: number;
  frames: number;
  bytes: number;
  /** Originals that were removed; more than `frames` when a packing before this one died. */
  removed: number;
  /** Films, and frames above the limit. */
  left: number;
  readonly damaged: Damaged[];
}

interface Original extends Footage {
  readonly bytes: number;
}

const LANES = 8;

/** Throws a Retryable while HDFS is away, and the signal's reason between two packs. */
export async function packDue(hdfs: Hdfs, rules: PackRules): Promise<PackedDay[]> {
  const days: PackedDay[] = [];
  if (!rules.isDryRun) await hdfs.remove(PACKING);
  for (const { camera, date } of await daysBefore(hdfs, rules.before)) {
    rules.signal?.throwIfAborted();
    const day = await packDay(hdfs, camera, date, rules);
    days.push(day);
    rules.onDay?.(day);
  }
  return days;
}

async function daysBefore(hdfs: Hdfs, before: string): Promise<{ camera: string; date: string }[]> {
  const found: { camera: string; date: string }[] = [];
  for (const camera of await camerasIn(hdfs, FOOTAGE))
    for (const date of await datesOf(hdfs, FOOTAGE, camera)) if (date < before) found.push({ camera, date });
  return found;
}

async function packDay(hdfs: Hdfs, camera: string, date: string, rules: PackRules): Promise<PackedDay> {
  const day: PackedDay = { camera, date, packs: 0, frames: 0, bytes: 0, removed: 0, left: 0, damaged: [] };
  const originals = await originalsOf(hdfs, camera, date);
  const packed = await packedNames(hdfs, camera, date, rules);
  const isPacked = (original: Original): boolean => packed.has(settledFile(original));
  await removeOriginals(hdfs, originals.filter(isPacked), { day, rules });
  const unpacked = originals.filter((original) => !isPacked(original));
  const small = unpacked.filter(({ kind, bytes }) => kind !== 'mp4' && bytes <= rules.greatestFrameBytes);
  day.left = unpacked.length - small.length;
  for (const frames of groupsOf(small, rules)) {
    rules.signal?.throwIfAborted();
    await packGroup(hdfs, frames, { day, rules });
  }
  return day;
}

/** In the order of their names, which is that of time, then detection and hash. */
async function originalsOf(hdfs: Hdfs, camera: string, date: string): Promise<Original[]> {
  const files = await hdfs.list(footageFolder(camera, date));
  return files.flatMap(({ path, bytes }) => {
    const footage = parseSettledFile(path);
    return footage === null ? [] : [{ ...footage, bytes }];
  });
}

/** The settled names of what whole packs hold: the same bytes may have come at two times, or for two detections. */
async function packedNames(hdfs: Hdfs, camera: string, date: string, rules: PackRules): Promise<Set<string>> {
  const { whole, unfinished } = await listPacks(hdfs, camera, date);
  if (!rules.isDryRun) for (const path of unfinished) await hdfs.remove(path);
  const names = new Set<string>();
  for (const pack of whole) for (const frame of await readPackIndex(hdfs, pack)) names.add(settledFile(frame));
  return names;
}

function* groupsOf(frames: readonly Original[], { packBytes, packFrames }: PackRules): Generator<Original[]> {
  let group: Original[] = [];
  let bytes = 0;
  for (const frame of frames) {
    if (group.length > 0 && (bytes + frame.bytes > packBytes || group.length >= packFrames)) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(frame);
    bytes += frame.bytes;
  }
  if (group.length > 0) yield group;
}

interface Work {
  readonly day: PackedDay;
  readonly rules: PackRules;
}

async function packGroup(hdfs: Hdfs, frames: readonly Original[], { day, rules }: Work): Promise<void> {
  const count = (packed: readonly Original[]): void => {
    day.packs += 1;
    day.frames += packed.length;
    day.bytes += packed.reduce((sum, { bytes }) => sum + bytes, 0);
  };
  if (rules.isDryRun) return count(frames);
  const folder = await mkdtemp(join(rules.scratch, 'sightline-pack-'));
  try {
    const { path, packed, damaged } = await writePack(
      hdfs,
      { frames, bytesOf: (frame) => hdfs.read(settledFile(frame)) },
      folder,
    );
    day.damaged.push(...damaged);
    if (path === null) return;
    const names = new Set(packed.map(settledFile));
    const written = frames.filter((frame) => names.has(settledFile(frame)));
    count(written);
    await removeOriginals(hdfs, written, { day, rules });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeOriginals(hdfs: Hdfs, originals: readonly Original[], { day, rules }: Work): Promise<void> {
  if (rules.isDryRun) return;
  await inLanes(LANES, originals, async (original) => {
    await hdfs.remove(settledFile(original));
    day.removed += 1;
  });
}
