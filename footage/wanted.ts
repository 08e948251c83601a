/**
 * Which footage somebody wants to erase: what one camera saw within a time, or the pictures of one detection.
 *
 * The command reads it from its options (retention-commands.ts), erase.ts looks for it, and erase-orders.ts keeps it
 * for files that arrive later. Films tell when they begin and not what they show: a time finds those that begin within
 * it, and a detection finds none.
 */
import type { Oid } from '../core/domain/oid.ts';
import type { Footage } from '../core/layout/footage.ts';

export type Wanted =
  | { readonly by: 'time'; readonly camera: Oid; readonly fromMs: number; readonly toMs: number }
  /** `camera`: where to look; undefined: everywhere. */
  | { readonly by: 'detection'; readonly detection: Oid; readonly camera: Oid | undefined };

export function matcher(wanted: Wanted): (footage: Footage) => boolean {
  if (wanted.by === 'detection')
    return ({ detection, camera }) =>
      detection === wanted.detection && (wanted.camera === undefined || camera === wanted.camera);
  return ({ camera, takenAtMs }) => camera === wanted.camera && takenAtMs >= wanted.fromMs && takenAtMs < wanted.toMs;
}
