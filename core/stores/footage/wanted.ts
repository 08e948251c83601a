/**
 * Which footage somebody wants to erase: what one camera saw within a time, or the pictures of one detection.
 *
 * The command reads it from its options (footage/retention-commands.ts), footage/erase.ts looks for it in files and
 * footage/analysis/erase-facts.ts in facts, and footage/erase-orders.ts keeps it for files that arrive later. A film
 * tells when it begins and not what it shows: a time finds those that begin within it, and a detection finds none.
 */
import type { Oid } from '../../domain/oid.ts';
import type { Footage } from '../../layout/footage.ts';

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
