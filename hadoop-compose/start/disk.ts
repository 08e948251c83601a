/**
 * Watches free disk, so that the cameras pause before it runs out and go on when there is room again.
 *
 * Ten thousand detections a second are several gigabytes an hour. Kafka and HBase do not recover from a full disk; a
 * paused camera only waits. So the cameras pause when free space falls below the reserve, and go on at half as much
 * again, so that they do not pause and resume all the time.
 */
import { statfs } from 'node:fs/promises';

const GIGABYTE = 1_000_000_000;

export interface DiskWatch {
  freeBytes(): number;
  isShort(): boolean;
  stop(): void;
}

/** `reserveGigabytes`: free space at which `onShort` is called; `onRoom` at half as much again. */
export async function watchDisk(
  folder: string,
  reserveGigabytes: number,
  hooks: { onShort: () => void; onRoom: () => void },
  everyMs = 2_000,
): Promise<DiskWatch> {
  let free = await freeBytesOf(folder);
  let short = false;
  const look = (): void => {
    if (!short && free < reserveGigabytes * GIGABYTE) {
      short = true;
      hooks.onShort();
    } else if (short && free > reserveGigabytes * 1.5 * GIGABYTE) {
      short = false;
      hooks.onRoom();
    }
  };
  look();
  const timer = setInterval(() => {
    freeBytesOf(folder).then(
      (bytes) => {
        free = bytes;
        look();
      },
      () => undefined,
    );
  }, everyMs);
  return { freeBytes: () => free, isShort: () => short, stop: () => clearInterval(timer) };
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
