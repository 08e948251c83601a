/**
 * The names of packs: Parquet files that hold many small frames of one camera and one day.
 *
 * footage/packs/ writes them, so that HDFS keeps one file for thousands of frames; core/stores/footage/pack-index.ts
 * reads their indexes for everybody. A frame lies in its pack as it was settled, uncompressed and in one piece, so an
 * index entry (offset and length) is all that is needed to read one.
 *
 *   footage_packed/camera=7/dt=2026-11-30/<first>-<last>_<sha256>.parquet     times as in settled names; SHA-256 of the file
 *   footage_packed/camera=7/dt=2026-11-30/_<the same>.index.json              written first: a pack is whole when both are there
 *   footage_packed/_packing/<name>.parquet                                    being uploaded; readers ignore names with _
 */
import type { Oid } from '../domain/oid.ts';
import type { Footage } from './footage.ts';
import { timeOfDay } from './footage.ts';
import type { Columns } from './lake-columns.ts';

export const PACKS = 'footage_packed';
export const PACKING = `${PACKS}/_packing`;

/** One row is one frame; sorted by taken_at, then sha256. camera and dt are in the folders. */
export const FRAME_COLUMNS: Columns = [
  ['taken_at', 'TIMESTAMPTZ'],
  /** NULL for a picture that shows no detection. */
  ['detection_oid', 'BIGINT'],
  /** jpg or png. */
  ['kind', 'VARCHAR'],
  ['sha256', 'VARCHAR'],
  ['frame', 'BLOB'],
];

/** Where a pack lies, and the time that it covers. */
export interface Pack {
  readonly path: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A frame in a pack: what its settled name told, and its bytes within the pack's file. */
export interface PackedFrame extends Footage {
  readonly offset: number;
  readonly bytes: number;
}

const PACK =
  /^footage_packed\/camera=-?\d{1,20}\/dt=(\d{4}-\d\d-\d\d)\/(\d{6}\.\d{3})-(\d{6}\.\d{3})_[0-9a-f]{64}\.parquet$/;

export function packFolder(camera: Oid | string, date: string): string {
  return `${PACKS}/camera=${camera}/dt=${date}`;
}

/** `frames` are sorted and all of one camera and one day. */
export function packName(frames: readonly Footage[], sha256: string): string {
  return `${timeOfDay(frames[0]!.takenAtMs)}-${timeOfDay(frames.at(-1)!.takenAtMs)}_${sha256}.parquet`;
}

/** Null for a path that is no pack. */
export function parsePack(path: string): Pack | null {
  const [, date, first, last] = PACK.exec(path) ?? [];
  if (date === undefined) return null;
  return { path, firstMs: atTime(date, first!), lastMs: atTime(date, last!) };
}

export function indexOfPack(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}_${path.slice(slash, -'.parquet'.length)}.index.json`;
}

function atTime(date: string, time: string): number {
  return Date.parse(`${date}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`);
}
