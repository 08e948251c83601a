/** The cursor of a page of footage, as opaque text for callers: `time_detection_sha256.kind` of the last file. */
import type { Oid } from '../../core/domain/oid.ts';
import { OID_PATTERN } from '../../core/domain/oid.ts';
import { MILLISECONDS_PATTERN } from '../../core/domain/time.ts';
import type { FootageKind } from '../../core/layout/footage.ts';
import { footageKinds } from '../../core/layout/footage.ts';
import type { FootagePosition } from '../../core/stores/footage/form.ts';
import { BadQuestion } from '../faults.ts';

export const FOOTAGE_CURSOR_PATTERN =
  `${MILLISECONDS_PATTERN.slice(0, -1)}_(?:none|${OID_PATTERN.slice(1, -1)})_` +
  `[0-9a-f]{64}\\.(?:${footageKinds.join('|')})$`;
const CURSOR = new RegExp(FOOTAGE_CURSOR_PATTERN);

export function writeFootageCursor({ takenAtMs, detection, sha256, kind }: FootagePosition): string {
  return `${takenAtMs}_${detection ?? 'none'}_${sha256}.${kind}`;
}

export function readFootageCursor(text: string): FootagePosition {
  if (!CURSOR.test(text))
    throw new BadQuestion('cursor', 'cursor is not the next_cursor of an answer; leave it out to get the newest page');
  const [takenAtMs, detection, file] = text.split('_') as [string, string, string];
  const [sha256, kind] = file.split('.') as [string, FootageKind];
  return { takenAtMs: Number(takenAtMs), detection: detection === 'none' ? null : (detection as Oid), sha256, kind };
}
