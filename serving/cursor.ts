/** Where a page of detections ended, as a text that callers hand back and need not understand: base64url of `time.id`. */
import type { ListedDetection } from '../core/stores/list-view.ts';
import { readOid } from '../core/domain/oid.ts';
import { instant } from '../core/domain/time.ts';
import { BadQuestion } from './faults.ts';

export function writeCursor({ detectedAt, id }: ListedDetection): string {
  return Buffer.from(`${detectedAt}.${id}`).toString('base64url');
}

export function readCursor(text: string): ListedDetection {
  const parts = /^(\d{1,15})\.(-?\d{1,19})$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  const reading = readOid(parts?.[2] ?? '');
  if (!parts || !reading.ok) {
    throw new BadQuestion('cursor', 'cursor is not one that an answer gave; leave it out to begin with the newest');
  }
  return { detectedAt: instant(Number(parts[1])), id: reading.oid };
}
