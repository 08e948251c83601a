/** The media type of each kind of footage: of answers, and in the OpenAPI document. */
import type { FootageKind } from '../../core/layout/footage.ts';

export const MEDIA_TYPE: Readonly<Record<FootageKind, string>> = {
  jpg: 'image/jpeg',
  png: 'image/png',
  mp4: 'video/mp4',
};
