/**
 * Erases footage of people: what one camera saw within a time, or the pictures of one detection.
 *
 * `sightline footage erase` calls `plan`, shows it, and only with `--execute` calls `erase`. Looked through are settled
 * files, packs (packs/erase-packed.ts), what has arrived and is not settled yet, and what was set aside. The order is
 * written first (erase-orders.ts), before the lease of packing is taken: it stands though another process holds the
 * lease for hours. Settling removes what arrives later, from a gateway too. A file that Flume is still writing cannot
 * go, because Flume would send it again; it is counted as open. Removing is idempotent, so a run that died is simply
 * repeated.
 */
import { posix } from 'node:path';
import { dateOf } from '../core/domain/time.ts';
import {
  ARRIVING,
  FOOTAGE,
  footageFolder,
  parseArrival,
  parseSettledFile,
  REJECTED,
  settledFile,
} from '../core/layout/footage.ts';
import { inLanes } from '../core/process/lanes.ts';
import { camerasIn, datesOf } from '../core/stores/footage/days.ts';
import type { FileFacts, Hdfs } from '../core/stores/hdfs/types.ts';
import type { PackedPlan } from './packs/erase-packed.ts';
import { erasePacked, planPacked } from './packs/erase-packed.ts';
import { writeEraseOrder } from './erase-orders.ts';
import { matcher } from '../core/stores/footage/wanted.ts';
import type { Wanted } from '../core/stores/footage/wanted.ts';

export interface ErasePlan {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** Frames within packs. */
  readonly packed: readonly PackedPlan[];
  /** Being written by Flume. */
  readonly open: number;
}

const LANES = 8;
/** A file may be settled between the look and the removal: it is found under its new name by the next look. */
const MOST_LOOKS = 3;

export async function plan(hdfs: Hdfs, wanted: Wanted): Promise<ErasePlan> {
  const isWanted = matcher(wanted);
  const files: FileFacts[] = [];
  let open = 0;
  for (const file of await hdfs.list(ARRIVING)) {
    const arrival = parseArrival(posix.basename(file.path));
    if (arrival === null || !isWanted(arrival.footage)) continue;
    if (arrival.isOpen) open += 1;
    else files.push(file);
  }
  for (const file of await hdfs.list(REJECTED)) {
    const arrival = parseArrival(posix.basename(file.path).replace(/\.json$/, ''));
    if (arrival !== null && isWanted(arrival.footage)) files.push(file);
  }
  const cameras = wanted.camera === undefined ? await camerasIn(hdfs, FOOTAGE) : [wanted.camera];
  await inLanes<string>(LANES, cameras, async (camera) => {
    for (const date of await datesFor(hdfs, camera, wanted))
      for (const file of await hdfs.list(footageFolder(camera, date))) {
        const footage = parseSettledFile(file.path);
        if (footage !== null && isWanted(footage)) files.push(file);
      }
  });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const packed = await planPacked(hdfs, wanted.camera, isWanted);
  return { files: files.map(({ path, bytes }) => ({ path, bytes })), packed, open };
}

export interface EraseOptions {
  /** A folder on this machine, with room for one pack. */
  readonly scratch: string;
  readonly onErased: (file: ErasePlan['files'][number]) => void;
  /** The order covers what was taken before. */
  readonly nowMs?: number;
  /** Holds the lease of packing around the work (packs/alone.ts). */
  readonly alone?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Under the same lease, when the footage is gone: an analysis that begins later does not find it any more. */
  readonly afterwards?: () => Promise<void>;
}

/** Calls `onErased` for each file and frame that is gone. Resolves with how many are still open. */
export async function erase(hdfs: Hdfs, wanted: Wanted, options: EraseOptions): Promise<number> {
  const { nowMs = Date.now(), alone = (work) => work(), afterwards } = options;
  await writeEraseOrder(hdfs, wanted, nowMs);
  return alone(async () => {
    const open = await eraseFound(hdfs, wanted, options);
    await afterwards?.();
    return open;
  });
}

async function eraseFound(hdfs: Hdfs, wanted: Wanted, { scratch, onErased }: EraseOptions): Promise<number> {
  for (let look = 1; ; look++) {
    const { files, packed, open } = await plan(hdfs, wanted);
    if (files.length + packed.length === 0 || look > MOST_LOOKS) return open;
    for (const one of packed) {
      await erasePacked(hdfs, one, scratch);
      for (const frame of one.erased) onErased({ path: settledFile(frame), bytes: frame.bytes });
    }
    await inLanes(LANES, files, async (file) => {
      await hdfs.remove(file.path);
      onErased(file);
    });
  }
}

async function datesFor(hdfs: Hdfs, camera: string, wanted: Wanted): Promise<string[]> {
  const dates = await datesOf(hdfs, FOOTAGE, camera);
  if (wanted.by === 'detection') return dates;
  return dates.filter((date) => date >= dateOf(wanted.fromMs) && date <= dateOf(wanted.toMs));
}
