/**
 * Delivery without Flume: for a camera gateway's disk that cameras have filled, and for files that Flume cannot take.
 *
 * Flume writes a file down before it leaves the spool, so on a full disk it would wait for ever. The agent then stops
 * Flume and delivers the spool itself, which needs no room: it uploads each file to where Flume delivers, under such a
 * name as Flume gives, and removes it. Settling does not see a difference; a file that both delivered is a copy. Flume
 * runs again when the disk has room.
 */
import { readdir, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ARRIVING } from '../core/layout/footage.ts';
import type { Hdfs } from '../core/stores/hdfs/types.ts';
import type { Folders } from './folders.ts';
import { isWhole } from './handover.ts';

const MB = 1 << 20;
/** With less than this free the disk counts as full. Flume refuses to write below half of it. */
export const LEAST_FREE_BYTES = 64 * MB;
/** A disk that was full has room again with this much free. */
export const ROOM_BYTES = 4 * LEAST_FREE_BYTES;

export async function freeBytes({ root }: Pick<Folders, 'root'>): Promise<number> {
  const { bavail, bsize } = await statfs(root);
  return bavail * bsize;
}

/**
 * Uploads all files of a folder, or `most` of them, and removes them there; returns how many. Flume must not read it
 * meanwhile.
 */
export async function deliverFolder(
  hdfs: Pick<Hdfs, 'upload' | 'rename'>,
  folder: string,
  signal: AbortSignal,
  most = Infinity,
): Promise<number> {
  let delivered = 0;
  for (const name of (await readdir(folder)).filter(isWhole).slice(0, most)) {
    if (signal.aborted) break;
    const arrival = `${ARRIVING}/${name}.${Date.now()}`;
    await hdfs.upload(join(folder, name), `${arrival}.tmp`);
    await hdfs.rename(`${arrival}.tmp`, arrival);
    await unlink(join(folder, name));
    delivered += 1;
  }
  return delivered;
}
