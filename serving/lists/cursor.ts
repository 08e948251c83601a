/** Where a page of detections ended, as a text that callers hand back and need not understand: `time.id`. */
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
    throw new BadQuestion('cursor', 'cursor is not one that an answer gave; leave it out to begin with the newest');
  const [detectedAt, id] = text.split('.') as [string, string];
  return { detectedAt: instant(Number(detectedAt)), id: id as Oid };
}
