/**
 * Erases frames that are in packs: what remains of a pack is written into a new one, and the old one goes.
 *
 * footage/erase.ts calls it and holds the lease of packing. Dying between the two leaves both packs, and the next run
 * finds the old one again, writes the same new one, and removes the old one.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../core/domain/oid.ts';
import { settledFile } from '../../core/layout/footage.ts';
import type { Footage } from '../../core/layout/footage.ts';
import { indexOfPack, PACKS } from '../../core/layout/footage-packs.ts';
import type { Pack, PackedFrame } from '../../core/layout/footage-packs.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { camerasIn, datesOf } from '../../core/stores/footage/days.ts';
import { listPacks, readPackIndex } from '../../core/stores/footage/pack-index.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import { writePack } from './write-pack.ts';

export interface PackedPlan {
  readonly pack: Pack;
  readonly erased: readonly PackedFrame[];
  readonly kept: readonly PackedFrame[];
}

/** Packs that hold a wanted frame, of one camera or of all. */
export async function planPacked(
  hdfs: Hdfs,
  camera: Oid | undefined,
  isWanted: (footage: Footage) => boolean,
): Promise<PackedPlan[]> {
  const plans: PackedPlan[] = [];
  const cameras = camera === undefined ? await camerasIn(hdfs, PACKS) : [camera];
  for (const each of cameras)
    for (const date of await datesOf(hdfs, PACKS, each))
      for (const pack of (await listPacks(hdfs, each, date)).whole) {
        const frames = await readPackIndex(hdfs, pack);
        const erased = frames.filter(isWanted);
        if (erased.length > 0) plans.push({ pack, erased, kept: frames.filter((frame) => !isWanted(frame)) });
      }
  return plans;
}

export async function erasePacked(hdfs: Hdfs, { pack, kept }: PackedPlan, scratch: string): Promise<void> {
  if (kept.length > 0) await writeKept(hdfs, pack, kept, scratch);
  await hdfs.remove(pack.path);
  await hdfs.remove(indexOfPack(pack.path));
}

async function writeKept(hdfs: Hdfs, pack: Pack, kept: readonly PackedFrame[], scratch: string): Promise<void> {
  const old = await hdfs.read(pack.path);
  const places = new Map(kept.map((frame) => [settledFile(frame), frame]));
  const bytesOf = async (frame: Footage): Promise<Buffer> => {
    const { offset, bytes } = places.get(settledFile(frame))!;
    return old.subarray(offset, offset + bytes);
  };
  for (const frame of kept)
    if (
      createHash('sha256')
        .update(await bytesOf(frame))
        .digest('hex') !== frame.sha256
    )
      throw new Refusal(
        EXIT.data_check_failed,
        `${pack.path} holds other bytes than its index says for ${settledFile(frame)}; nothing of it was erased`,
      );
  const folder = await mkdtemp(join(scratch, 'sightline-pack-'));
  try {
    await writePack(hdfs, { frames: kept, bytesOf }, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
