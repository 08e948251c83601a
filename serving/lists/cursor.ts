/** The cursor of a page of detections, as opaque text for callers: `time.id` of the last entry. */
import type { ListedDetection } from '../../core/stores/views/list-view.ts';
import type { Oid } from '../../core/domain/oid.ts';
import { OID_PATTERN } from '../../core/domain/oid.ts';
import { instant, MILLISECONDS_PATTERN } from '../../core/domain/time.ts';
import { BadQuestion } from '../faults.ts';

export const CURSOR_PATTERN = `${MILLISECONDS_PATTERN.slice(0, -1)}\\.${OID_PATTERN.slice(1)}`;
const CURSOR = new RegExp(CURSOR_PATTERN);

export function writeCursor({ detectedAt, id }: ListedDetection): string {
  return `${detectedAt}.${id}`;
}

export function readCursor(text: string): ListedDetection {
  if (!CURSOR.test(text))
    throw new BadQuestion('cursor', 'cursor is not the next_cursor of an answer; leave it out to get the newest page');
  const [detectedAt, id] = text.split('.') as [string, string];
  return { detectedAt: instant(Number(detectedAt)), id: id as Oid };
}
