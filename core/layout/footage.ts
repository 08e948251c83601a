/**
 * The names of footage: what a camera's picture or film is called on its way and in HDFS.
 *
 * The agent (footage/handover.ts) makes the name of a file from its content, Flume carries it, settling
 * (footage/settle.ts) reads it back, checks the hash and moves the file to its folder. A name holds only letters that
 * mean the same in a spool folder, in HDFS, in a URL and in a header of Flume.
 *
 *   on its way   <camera>_<ms>_<detection|none>_<sha256>.<kind>      7_1795996800123_9001_6f1e….jpg
 *   arriving     footage/_arriving/<the same>.<counter>[.tmp]        .tmp: Flume is writing, or was killed
 *   settled      footage/camera=<camera>/dt=<date>/<time>_<detection|none>_<sha256>.<kind>
 *                footage/camera=7/dt=2026-11-30/000000.123_9001_6f1e….jpg     date and time in UTC
 *   set aside    footage/_rejected/<name that it had>, and <that name>.json, which says why
 *   to erase     footage/_erasures/<order>.json: what goes when it arrives (footage/erase-orders.ts)
 */
import { readOid } from '../domain/oid.ts';
import type { Oid } from '../domain/oid.ts';
import { dateOf } from '../domain/time.ts';

export const FOOTAGE = 'footage';
export const ARRIVING = `${FOOTAGE}/_arriving`;
export const REJECTED = `${FOOTAGE}/_rejected`;
export const ERASURES = `${FOOTAGE}/_erasures`;

/** By content; the ending of a settled file. */
export const footageKinds = ['jpg', 'png', 'mp4'] as const;
export type FootageKind = (typeof footageKinds)[number];

export interface Footage {
  readonly camera: Oid;
  /** Milliseconds since 1970: when the picture was taken, or the film began. */
  readonly takenAtMs: number;
  /** The detection that the picture shows; null for a film and for pictures without one. */
  readonly detection: Oid | null;
  /** SHA-256 of the bytes, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly kind: FootageKind;
}

/** 9999-12-31: what fits into four digits of a year. */
export const LATEST_TAKEN_MS = 253_402_214_400_000;
const NONE = 'none';
/** The name of a settled file within its folder, as a regular expression; `oid` is the one of an id. */
export const settledNamePattern = (oid: string): string =>
  `^(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){2}\\.[0-9]{3}_(?:none|${oid})_[0-9a-f]{64}\\.(?:${footageKinds.join('|')})$`;
const PARTS = /^(-?\d{1,20})_(\d{1,15})_(none|-?\d{1,20})_([0-9a-f]{64})\.(jpg|png|mp4)$/;
const SETTLED =
  /^footage\/camera=(-?\d{1,20})\/dt=(\d{4}-\d\d-\d\d)\/(\d\d)(\d\d)(\d\d\.\d{3})_(none|-?\d{1,20})_([0-9a-f]{64})\.(jpg|png|mp4)$/;

export function travelName(footage: Footage): string {
  const { camera, takenAtMs, detection, sha256, kind } = footage;
  return `${camera}_${takenAtMs}_${detection ?? NONE}_${sha256}.${kind}`;
}

/** Null for a name that travelName did not make. */
export function parseTravelName(name: string): Footage | null {
  const [, camera, ms, detection, sha256, kind] = PARTS.exec(name) ?? [];
  if (camera === undefined) return null;
  return checked({ camera, takenAtMs: Number(ms), detection: detection!, sha256: sha256!, kind: kind as FootageKind });
}

/** What Flume makes of a name: a counter behind it, and `.tmp` while it writes. */
export function parseArrival(name: string): { readonly footage: Footage; readonly isOpen: boolean } | null {
  const [, travel, open] = /^(.+\.(?:jpg|png|mp4))\.\d+(\.tmp)?$/.exec(name) ?? [];
  const footage = travel === undefined ? null : parseTravelName(travel);
  return footage && { footage, isOpen: open !== undefined };
}

export function settledFile(footage: Footage): string {
  const name = `${timeOfDay(footage.takenAtMs)}_${footage.detection ?? NONE}_${footage.sha256}.${footage.kind}`;
  return `${footageFolder(footage.camera, dateOf(footage.takenAtMs))}/${name}`;
}

function cameraFolder(camera: Oid | string): string {
  return `${FOOTAGE}/camera=${camera}`;
}

/** `date` in UTC, as in 2026-11-30. */
export function footageFolder(camera: Oid | string, date: string): string {
  return `${cameraFolder(camera)}/dt=${date}`;
}

/** The time within the UTC day as names have it: 142233.001. */
export function timeOfDay(ms: number): string {
  return new Date(ms).toISOString().slice(11, -1).replaceAll(':', '');
}

export function parseSettledFile(path: string): Footage | null {
  const [, camera, date, hours, minutes, seconds, detection, sha256, kind] = SETTLED.exec(path) ?? [];
  if (camera === undefined) return null;
  const takenAtMs = Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
  return checked({ camera, takenAtMs, detection: detection!, sha256: sha256!, kind: kind as FootageKind });
}

function checked(parts: Omit<Footage, 'camera' | 'detection'> & { camera: string; detection: string }): Footage | null {
  const camera = readOid(parts.camera);
  const detection = parts.detection === NONE ? null : readOid(parts.detection);
  if (!camera.ok || detection?.ok === false) return null;
  if (!(parts.takenAtMs >= 0 && parts.takenAtMs < LATEST_TAKEN_MS)) return null;
  return { ...parts, camera: camera.oid, detection: detection?.oid ?? null };
}
