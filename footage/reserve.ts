/**
 * Room on the camera gateway's disk that is there when cameras have filled it.
 *
 * Flume needs free space to write a file down before it leaves the spool, so a disk that footage itself has filled
 * would stay full for ever. The agent therefore keeps a file of its own on the disk, removes it when the disk is nearly
 * full, and writes it again when there is room. Its bytes are random, because a file system may store zeros as nothing.
 */
import { randomBytes } from 'node:crypto';
import { open, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

const MB = 1 << 20;
/** With less than this free the reserve is given up. Flume refuses to write below half of it. */
export const LEAST_FREE_BYTES = 64 * MB;

export type ReserveChange = 'kept' | 'given up';

/** Keeps or gives up the reserve by what is free on its disk now; says what changed, if anything. */
export async function keepReserve(
  file: string,
  bytes: number,
): Promise<{ change: ReserveChange | null; free: number }> {
  const held = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  const free = await freeBeside(file);
  if (held > 0 && free < LEAST_FREE_BYTES) {
    await rm(file, { force: true });
    return { change: 'given up', free: await freeBeside(file) };
  }
  if (held >= bytes || free + held < bytes + 4 * LEAST_FREE_BYTES) return { change: null, free };
  await fill(file, bytes);
  return { change: 'kept', free: await freeBeside(file) };
}

async function freeBeside(file: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(file));
  return bavail * bsize;
}

/** A disk that fills up meanwhile gets all of it back. */
async function fill(file: string, bytes: number): Promise<void> {
  const block = randomBytes(MB);
  const handle = await open(file, 'w', 0o640);
  try {
    for (let left = bytes; left > 0; left -= block.length) await handle.write(block.subarray(0, Math.min(left, MB)));
  } catch (fault) {
    await rm(file, { force: true });
    if ((fault as NodeJS.ErrnoException).code !== 'ENOSPC') throw fault;
  } finally {
    await handle.close();
  }
}
