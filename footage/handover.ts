/**
 * From the hand-over folder to Flume's spool: each file is taken, looked at, named by its content, and passed on.
 *
 * Cameras rename files into `handover/<camera>/`; agent.ts calls `takeFiles` again and again. A file is renamed out of
 * the camera's reach before it is read, so that nobody changes it between hash and spool. Every step is one rename: a
 * crash anywhere leaves the file in `taking/`, where the next call finds it. Flume itself would pass over an empty
 * file in silence and stop at a name that it has seen before, so such files never reach it. On a full disk renames
 * still work; what needs room, such as the folder of a new camera, waits for a later look.
 */
import { statSync } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { travelName, LATEST_TAKEN_MS } from '../core/layout/footage.ts';
import type { FootageKind } from '../core/layout/footage.ts';
import { readOid } from '../core/domain/oid.ts';
import { sha256Of } from '../core/process/file-hash.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Folders } from './folders.ts';
import { isDiskFull } from './folders.ts';
import { HEAD_BYTES, kindOf } from './kinds.ts';
import type { RejectReason } from './rejected.ts';
import { reject } from './rejected.ts';

export interface HandoverLimits {
  /** A larger file is rejected. */
  readonly greatestBytes: number;
  /** Files that may wait in the spool; cameras' files wait in the hand-over meanwhile. */
  readonly spoolFiles: number;
  /**
   * Kept from call to call: folders in which nothing waits, with their time of change. A gateway may have thousands of
   * cameras, of which few hand over at a time.
   */
  readonly quiet?: Map<string, number>;
  readonly onReject?: (reason: RejectReason) => void;
}

export interface Taken {
  passedOn: number;
  /** Of what was passed on. */
  bytes: number;
  /** The very same file was in the spool already. */
  copies: number;
  rejected: number;
}

/**
 * What Flume can take: its file channel cannot read an event of more than 64 MB again, and then stands still for ever.
 */
export const FLUME_BYTES = 32 << 20;
const CLOCK_TICK_MS = 1_000;

/** One look at all folders. Resolves with what was done; zeros where nothing was there. */
export async function takeFiles(folders: Folders, limits: HandoverLimits, signal: AbortSignal): Promise<Taken> {
  const taken: Taken = { passedOn: 0, bytes: 0, copies: 0, rejected: 0 };
  let room = limits.spoolFiles - (await readdir(folders.spool)).length;
  let isLeft = false;
  const leave = (fault: unknown): boolean => {
    if (!isDiskFull(fault)) throw fault;
    isLeft = true;
    limits.quiet?.delete(folders.taking);
    return false;
  };
  for (const from of limits.quiet?.has(folders.taking) ? [folders.handover] : [folders.taking, folders.handover]) {
    for (const camera of await camerasIn(from)) {
      const fileNames = await namesIn(join(from, camera), limits.quiet);
      for (const name of fileNames.filter((name) => from === folders.taking || isWhole(name.toString()))) {
        if (room <= 0 || signal.aborted) return taken;
        if (await takeFile(folders, limits, { from, camera, name }, taken).catch(leave)) room -= 1;
      }
    }
    // Only a crash and a full disk leave files there, so otherwise one look is enough for the life of a process.
    if (from === folders.taking && !isLeft) limits.quiet?.set(from, 0);
  }
  return taken;
}

interface Found {
  readonly from: string;
  readonly camera: string;
  readonly name: Buffer;
}

/** True if the spool holds one file more. */
async function takeFile(folders: Folders, limits: HandoverLimits, found: Found, taken: Taken): Promise<boolean> {
  const file = await claim(folders, found);
  if (file === null) return false;
  return passOn(folders, limits, { camera: found.camera, name: found.name.toString(), file }, taken);
}

/** Folders only: a file that lies beside them belongs to no camera and is left where it is. */
async function camerasIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

/** Nothing for a folder that has not changed since it was found empty. */
async function namesIn(folder: string, quiet: Map<string, number> | undefined): Promise<Buffer[]> {
  const changedAtMs = statSync(folder).mtimeMs;
  if (quiet?.get(folder) === changedAtMs) return [];
  const names = await readdir(folder, { encoding: 'buffer' });
  // A file that comes within the same tick of the clock does not change the folder's time again.
  if (names.length === 0 && Date.now() - changedAtMs > CLOCK_TICK_MS) quiet?.set(folder, changedAtMs);
  return names;
}

/** Whether the camera has finished writing. */
export const isWhole = (name: string): boolean => !name.startsWith('.') && !/\.(part|tmp)$/i.test(name);

/** Null if the camera took it back meanwhile. */
async function claim(folders: Folders, { from, camera, name }: Found): Promise<Buffer | null> {
  const file = inFolder(join(from, camera), name);
  if (from === folders.taking) return file;
  await mkdir(join(folders.taking, camera), { recursive: true });
  const claimed = inFolder(join(folders.taking, camera), name);
  try {
    await rename(file, claimed);
    return claimed;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fault;
  }
}

/** Names of files are bytes: one that is no UTF-8 can still be moved. */
const inFolder = (folder: string, name: Buffer): Buffer => Buffer.concat([Buffer.from(`${folder}/`), name]);

interface Claimed {
  readonly camera: string;
  readonly name: string;
  readonly file: Buffer;
}

/** True if the spool holds one file more. */
async function passOn(folders: Folders, limits: HandoverLimits, claimed: Claimed, taken: Taken): Promise<boolean> {
  const { camera, name, file } = claimed;
  const facts = await lstat(file);
  const oid = readOid(camera);
  const kind = await kindOrReason(file, { isFile: facts.isFile(), bytes: facts.size, limits, isCamera: oid.ok });
  if (typeof kind !== 'string' || !oid.ok) {
    const reason = typeof kind === 'string' ? 'unknown_camera' : kind.reason;
    reject(folders, file, { camera, name, bytes: facts.size, reason });
    taken.rejected += 1;
    limits.onReject?.(reason);
    return false;
  }
  const { takenAtMs, detection } = readName(name, facts.mtimeMs);
  const spooled = join(
    facts.size > FLUME_BYTES ? folders.large : folders.spool,
    travelName({ camera: oid.oid, takenAtMs, detection, sha256: await sha256Of(file), kind }),
  );
  if (await isThere(spooled)) {
    await unlink(file);
    taken.copies += 1;
    return false;
  }
  await rename(file, spooled);
  taken.passedOn += 1;
  taken.bytes += facts.size;
  return true;
}

/** The kind of the file, or why it is rejected. */
async function kindOrReason(
  file: Buffer,
  { isFile, bytes, limits, isCamera }: { isFile: boolean; bytes: number; limits: HandoverLimits; isCamera: boolean },
): Promise<FootageKind | { readonly reason: RejectReason }> {
  if (!isFile) return { reason: 'not_a_file' };
  if (!isCamera) return { reason: 'unknown_camera' };
  if (bytes === 0) return { reason: 'empty' };
  if (bytes > limits.greatestBytes) return { reason: 'too_large' };
  return kindOf(await headOf(file)) ?? { reason: 'unknown_type' };
}

/**
 * `<ms>`, or `<ms>-<detection>`, then anything. A camera that names its files otherwise is taken by the file's time of
 * change.
 */
function readName(name: string, changedAtMs: number): { takenAtMs: number; detection: Oid | null } {
  const [, ms, id] = /^(\d{1,15})(?:-(-?\d{1,20}))?(?:[^0-9].*)?$/s.exec(name) ?? [];
  if (ms === undefined || Number(ms) >= LATEST_TAKEN_MS) {
    return { takenAtMs: Math.min(Math.max(Math.trunc(changedAtMs), 0), LATEST_TAKEN_MS - 1), detection: null };
  }
  const detection = id === undefined ? null : readOid(id);
  return { takenAtMs: Number(ms), detection: detection?.ok ? detection.oid : null };
}

async function headOf(file: Buffer): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
