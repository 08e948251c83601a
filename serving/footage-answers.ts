/** The JSON answers of the API about footage, schema first, as those in answers.ts. */
import { z } from 'zod';
import { footageKinds } from '../core/layout/footage.ts';
import { cameraFlags } from '../core/stores/footage/camera-hours.ts';
import { count, ms, oidText } from './answers.ts';

/** A picture or a film of a camera. */
export const ListedFootage = z.object({
  video_camera_oid: oidText,
  /** When the picture was taken, or the film began. */
  taken_at: ms,
  /** The detection that the picture shows; null for a film, and for a picture without a detection. */
  detection_oid: oidText.nullable(),
  kind: z.enum(footageKinds),
  bytes: count,
  /** Of the file, in hexadecimal. */
  sha256: z.string(),
  /** Path of the bytes in this API. */
  href: z.string(),
});
export type ListedFootage = z.infer<typeof ListedFootage>;

export const FootageAnswer = z.object({
  video_camera_oid: oidText,
  from: ms,
  to: ms,
  /** Newest first. */
  footage: z.array(ListedFootage),
  /** The `cursor` of the next, older page; null on the last page. */
  next_cursor: z.string().nullable(),
});
export type FootageAnswer = z.infer<typeof FootageAnswer>;

export const DetectionFootageAnswer = z.object({
  detection_oid: oidText,
  /** Newest first; empty if no camera has handed over a picture of it. */
  footage: z.array(ListedFootage),
});
export type DetectionFootageAnswer = z.infer<typeof DetectionFootageAnswer>;

/** What the frames of a camera were like in one hour. */
export const CameraHourAnswer = z.object({
  /** Beginning of the hour. */
  from: ms,
  frames: count,
  films: count,
  /** Frames and films that could not be decoded. */
  faults: count,
  /** Detections of the hour that the lake had when the hour was analysed. */
  detections: count,
  /** Mean luma, 0 (black) to 255; null if no frame could be decoded. */
  brightness: z.number().nullable(),
  /** Mean variance of the Laplacian: low where a picture has no edges; null if no frame could be decoded. */
  sharpness: z.number().nullable(),
  /** How many frames look like the most frequent one. */
  alike: count,
  /** When the last frame or film was taken; null in an hour without footage. */
  last_taken_at: ms.nullable(),
  /** What is wrong, the worst first; empty for a camera that is well. */
  flags: z.array(z.enum(cameraFlags)),
});
export type CameraHourAnswer = z.infer<typeof CameraHourAnswer>;

export const cameraStates = [...cameraFlags, 'well'] as const;
export type CameraState = (typeof cameraStates)[number];

export const AnalysedCamera = z.object({
  video_camera_oid: oidText,
  /** The place of the camera's latest detections; null if the lake has none. */
  geographical_location_oid: oidText.nullable(),
  /** Null for a place that dataset B does not know. */
  geographical_location: z.string().nullable(),
  /** The worst flag of the latest hour, or well; silent also if the hour before was, and nothing has come since. */
  state: z.enum(cameraStates),
  /** Only hours in which the camera was known, oldest first. */
  hours: z.array(CameraHourAnswer),
});
export type AnalysedCamera = z.infer<typeof AnalysedCamera>;

export const FootageCamerasAnswer = z.object({
  /** The window, in whole hours. */
  from: ms,
  to: ms,
  /** How far the footage of the window is analysed; null if nothing of it is. */
  analysed_to: ms.nullable(),
  /** How many cameras the window has, including those beyond `limit`. */
  total: count,
  /** How many of them are in each state. */
  states: z.object({ silent: count, dark: count, frozen: count, blurred: count, well: count }),
  /** The worst state first, then by id. */
  cameras: z.array(AnalysedCamera),
});
export type FootageCamerasAnswer = z.infer<typeof FootageCamerasAnswer>;
