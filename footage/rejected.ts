/**
 * Files that are no footage: kept in a folder, with one JSON line each that says why.
 *
 * The agent writes them (handover.ts), `sightline footage rejected` lists them. A file is moved first and written down
 * then: a crash between the two leaves a file in the folder that the list names without a reason. A disk without room
 * for the line gets the file back where it was.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Folders } from './folders.ts';

export const rejectReasons = ['empty', 'too_large', 'unknown_type', 'unknown_camera', 'not_a_file'] as const;
export type RejectReason = (typeof rejectReasons)[number];

export interface Rejected {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The folder of the hand-over in which it was. */
  readonly camera: string;
  readonly name: string;
  readonly bytes: number;
  /** `unexplained`: it is in the folder, and no line tells why. */
  readonly reason: RejectReason | 'unexplained';
  readonly keptAs: string;
}

const listFile = (folders: Folders): string => join(folders.root, 'rejected.jsonl');

/** Moves a file out of the way. `file` may be a folder or a link; it is moved as it is. */
export function reject(
  folders: Folders,
  file: Buffer,
  { camera, name, bytes, reason }: Omit<Rejected, 'at' | 'keptAs'>,
): void {
  const folder = join(folders.rejected, visibleName(camera));
  mkdirSync(folder, { recursive: true });
  const keptAs = freeName(folder, visibleName(name));
  renameSync(file, keptAs);
  const line: Rejected = { at: new Date().toISOString(), camera, name, bytes, reason, keptAs };
  try {
    appendFileSync(listFile(folders), `${JSON.stringify(line)}\n`);
  } catch (fault) {
    renameSync(keptAs, file);
    throw fault;
  }
}

/** In order of time; a line that was cut off by a crash is left out. */
export function listRejected(folders: Folders): Rejected[] {
  const lines = existsSync(listFile(folders)) ? readFileSync(listFile(folders), 'utf8').split('\n') : [];
  const told = lines.flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Rejected];
    } catch {
      return [];
    }
  });
  const known = new Set(told.map(({ keptAs }) => keptAs));
  const kept = existsSync(folders.rejected) ? readdirSync(folders.rejected) : [];
  const untold = kept.flatMap((camera) =>
    readdirSync(join(folders.rejected, camera))
      .map((name) => join(folders.rejected, camera, name))
      .filter((file) => !known.has(file))
      .map((file) => ({
        at: '',
        camera,
        name: basename(file),
        bytes: 0,
        reason: 'unexplained' as const,
        keptAs: file,
      })),
  );
  return [...untold, ...told.filter(({ keptAs }) => existsSync(keptAs))];
}

/** A name of a file in which nothing surprises a terminal: other letters become `_`. */
function visibleName(name: string): string {
  const visible = name.replace(/[\p{C}/\\]/gu, '_').slice(0, 100);
  return /^\.*$/.test(visible) ? `_${visible}` : visible;
}

function freeName(folder: string, name: string): string {
  for (let n = 0; ; n++) {
    const file = join(folder, n === 0 ? name : `${n}-${name}`);
    if (!existsSync(file)) return file;
  }
}
