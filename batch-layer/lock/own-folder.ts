/**
 * A local folder for one piece of work, which no other process touches while its own lives.
 *
 * run.ts, archive-now.ts and archived-log.ts work in one; many processes of one lake share the scratch folder above it.
 * The name carries its owner (lease-owner.ts), so whoever comes next removes what a dead process of this machine left,
 * and nothing else. What cannot be told, as of another container, is removed when it was not touched for a day: a
 * living owner touches its folder often.
 */
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeadHere, thisOwner } from './lease-owner.ts';

export interface OwnFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const FOLDERS = 'own';
/** Where earlier versions worked, without a name of an owner. */
const FORMER = ['attempts', 'dry-runs', 'rebuild'];
const TOUCH_EVERY_MS = 600_000;
const ABANDONED_AFTER_MS = 86_400_000;

/** `label` differs for each piece of work of a process. */
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

/** Removes what processes that are gone have left. */
export async function sweepOwnFolders(workFolder: string, now = Date.now()): Promise<void> {
  for (const folder of [FOLDERS, ...FORMER]) {
    for (const name of await readdir(join(workFolder, folder)).catch(() => [])) {
      const path = join(workFolder, folder, name);
      if (await isLeft(path, name, now)) await rm(path, { recursive: true, force: true });
    }
  }
}

async function isLeft(path: string, name: string, now: number): Promise<boolean> {
  const owner = name.slice(name.lastIndexOf('~') + 1);
  if (isDeadHere(owner)) return true;
  const found = await stat(path).catch(() => null);
  return owner !== thisOwner() && found !== null && now - found.mtimeMs > ABANDONED_AFTER_MS;
}
