/**
 * The names and columns of what Spark finds in footage, beside the detections in the lake.
 *
 * footage/analysis/ writes these files, serving and data scientists read them. An epoch here has the bounds of the
 * batch layer's epoch, by the time in a file's name; so an epoch lies within one day and has one file. Readers of
 * Parquet pass over names that begin with _.
 *
 *   lake/footage_facts/dt=2026-11-30/2026-11-30T1410.parquet       one row per frame or film; sorted by camera and time
 *   lake/footage_facts/_epochs/2026-11-30T1410.json                the epoch is analysed; written last
 *   lake/footage_facts/_hours/dt=2026-11-30/14.json                each camera in one hour (stores/footage/camera-hours.ts)
 *   lake/footage_facts/_staging/<attempt>/…                        what Spark is writing
 */
import type { Columns } from './lake-columns.ts';
import { LAKE } from './lake.ts';

export const FACTS = `${LAKE}/footage_facts`;
export const FACTS_STAGING = `${FACTS}/_staging`;
export const ANALYSED_EPOCHS = `${FACTS}/_epochs`;
export const CAMERA_HOURS = `${FACTS}/_hours`;

/** Null where a column does not apply, or where the file could not be decoded: then `fault` says why. */
export const FACT_COLUMNS: Columns = [
  ['video_camera_oid', 'BIGINT'],
  ['taken_at', 'TIMESTAMPTZ'],
  ['detection_oid', 'BIGINT'],
  /** jpg, png or mp4. */
  ['kind', 'VARCHAR'],
  ['sha256', 'VARCHAR'],
  ['bytes', 'BIGINT'],
  ['width', 'INTEGER'],
  ['height', 'INTEGER'],
  /** Mean luma of a frame, 0 (black) to 255. */
  ['brightness', 'DOUBLE'],
  /** Variance of the Laplacian of a frame's luma. */
  ['sharpness', 'DOUBLE'],
  /** Difference hash of a frame: 64 bits as 16 hexadecimal digits. */
  ['perceptual_hash', 'VARCHAR'],
  /** Of a film. */
  ['duration_ms', 'BIGINT'],
  ['frame_rate', 'DOUBLE'],
  ['fault', 'VARCHAR'],
];

export const factsFolder = (date: string): string => `${FACTS}/dt=${date}`;
/** `epoch` is the name of an epoch, which begins with its date. */
export const factsFile = (epoch: string): string => `${factsFolder(epoch.slice(0, 10))}/${epoch}.parquet`;
export const analysedEpochFile = (epoch: string): string => `${ANALYSED_EPOCHS}/${epoch}.json`;
export const cameraHoursFolder = (date: string): string => `${CAMERA_HOURS}/dt=${date}`;

/** `hourMs`: the beginning of the hour. */
export function cameraHoursFile(hourMs: number): string {
  const iso = new Date(hourMs).toISOString();
  return `${cameraHoursFolder(iso.slice(0, 10))}/${iso.slice(11, 13)}.json`;
}

/** The beginning of the hour of a file; null for a path that cameraHoursFile did not make. */
export function hourOfCameraHoursFile(path: string): number | null {
  const [, date, hour] = /^lake\/footage_facts\/_hours\/dt=(\d{4}-\d\d-\d\d)\/(\d\d)\.json$/.exec(path) ?? [];
  return date === undefined ? null : Date.parse(`${date}T${hour}:00:00Z`);
}
