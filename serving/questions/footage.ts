/**
 * Which files of footage there are: of a camera in a window, and of one detection.
 *
 * The names of the files answer both (core/stores/footage/footage-store.ts). A camera names a picture by the
 * detection's own timestamp_detected, so the files of a detection are near that time.
 */
import type { Oid } from '../../core/domain/oid.ts';
import { dateOf, DAY_MS, SECOND_MS } from '../../core/domain/time.ts';
import { settledFile } from '../../core/layout/footage.ts';
import type { Footage } from '../../core/layout/footage.ts';
import type { FootageFile } from '../../core/stores/footage/form.ts';
import type { FootageStore } from '../../core/stores/footage/footage-store.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { DetectionAnswer } from '../answers.ts';
import type { DetectionFootageAnswer, FootageAnswer, ListedFootage } from '../footage-answers.ts';
import { BadQuestion } from '../faults.ts';
import { readFootageCursor, writeFootageCursor } from '../lists/footage-cursor.ts';
import type { WindowQuestion } from '../counts/window.ts';
import { windowOf } from '../counts/window.ts';

export type FootageOfCamera = WindowQuestion & { camera: Oid; limit: number; cursor?: string | undefined };

const MOST_DAYS = 31;
/** How far a file's time may be from the detection that it shows. */
const NEAR_MS = 5 * SECOND_MS;

export async function footageOfCamera(
  { camera, limit, cursor, ...question }: FootageOfCamera,
  store: FootageStore,
  now: number,
  limits?: ReadLimits,
): Promise<FootageAnswer> {
  const { from, to } = windowOf(question, now);
  if (to - from > MOST_DAYS * DAY_MS)
    throw new BadQuestion('from', `The window is longer than ${MOST_DAYS} days; ask for it in parts`);
  const after = cursor === undefined ? undefined : readFootageCursor(cursor);
  const files = await store.list({ camera, from, to, limit: limit + 1, after }, limits);
  const page = files.slice(0, limit);
  const next_cursor = files.length > limit ? writeFootageCursor(page.at(-1)!) : null;
  return { video_camera_oid: camera, from, to, footage: page.map(listed), next_cursor };
}

export async function footageOfDetection(
  { detection_oid, video_camera_oid, timestamp_detected: t }: DetectionAnswer,
  store: FootageStore,
  limits?: ReadLimits,
): Promise<DetectionFootageAnswer> {
  const near = { from: Math.max(0, t - NEAR_MS), to: t + NEAR_MS, limit: Infinity };
  const files = await store.list({ camera: video_camera_oid as Oid, ...near }, limits);
  const own = files.filter(({ detection }) => detection === detection_oid);
  return { detection_oid, footage: own.map(listed) };
}

function listed(file: FootageFile): ListedFootage {
  return {
    video_camera_oid: file.camera,
    taken_at: file.takenAtMs,
    detection_oid: file.detection,
    kind: file.kind,
    bytes: file.bytes,
    sha256: file.sha256,
    href: mediaPath(file),
  };
}

/** Where the API has the bytes of a file. */
function mediaPath(footage: Footage): string {
  const name = settledFile(footage).split('/').at(-1)!;
  return `/api/v1/footage/${footage.camera}/${dateOf(footage.takenAtMs)}/${name}`;
}
