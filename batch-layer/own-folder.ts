/**
 * A folder on this machine for one piece of work; no other process touches it while its owner lives.
 *
 * run.ts, archive-now.ts and archived-log.ts work in such folders; all processes of one lake share the folder above.
 * The name carries the owner (lease-owner.ts), so the next process removes the folders of processes of this machine
 * that have ended. If it cannot tell whether the owner lives, because that runs in another container, it removes the
 * folder when nobody has touched it for a day: a living owner touches its folder every ten minutes.
 */
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeadHere, thisOwner } from '../core/stores/control/lease-owner.ts';

interface OwnFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const FOLDERS = 'own';
/** Folders in which earlier versions worked; their names carry no owner. */
const FORMER_FOLDERS = ['attempts', 'dry-runs', 'rebuild'];
const TOUCH_EVERY_MS = 600_000;
const ABANDONED_AFTER_MS = 86_400_000;

/** `label` must differ for each piece of work of a process. */
export async function openOwnFolder(workFolder: string, label: string): Promise<OwnFolder> {
  await sweepOwnFolders(workFolder);
  const path = join(workFolder, FOLDERS, `${label}~${thisOwner()}`);
  await mkdir(path, { recursive: true });
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_EVERY_MS);
  touching.unref();
  return {
    path,
    async remove() {
      clearInterval(touching);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Removes folders whose owners have ended. */
export async function sweepOwnFolders(workFolder: string, now = Date.now()): Promise<void> {
  for (const folder of [FOLDERS, ...FORMER_FOLDERS]) {
    for (const name of await readdir(join(workFolder, folder)).catch(() => [])) {
      const path = join(workFolder, folder, name);
      if (await isAbandoned(path, name, now)) await rm(path, { recursive: true, force: true });
    }
  }
}

async function isAbandoned(path: string, name: string, now: number): Promise<boolean> {
  const owner = name.slice(name.lastIndexOf('~') + 1);
  if (isDeadHere(owner)) return true;
  const facts = await stat(path).catch(() => null);
  return owner !== thisOwner() && facts !== null && now - facts.mtimeMs > ABANDONED_AFTER_MS;
}
