/** The JSON answers of the API about footage, schema first, as those in answers.ts. */
import { z } from 'zod';
import { footageKinds } from '../core/layout/footage.ts';
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
