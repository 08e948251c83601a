/**
 * Footage as readers see it: pages of a camera's files, newest first, one file by its name, and bytes of it.
 *
 * Files are kept in two forms: each as a file of its own (settled-form.ts), or many in one (packed-form.ts). The store
 * asks every form and merges the answers, so readers do not know the form. The names are the index of the first, and
 * each pack brings its own, so nothing can be out of step. footage/ writes the files; serving reads them here.
 */
import type { Readable } from 'node:stream';
import type { Oid } from '../../domain/oid.ts';
import { DAY_MS } from '../../domain/time.ts';
import { FOOTAGE, travelName } from '../../layout/footage.ts';
import type { Footage } from '../../layout/footage.ts';
import { PACKS } from '../../layout/footage-packs.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { ByteRange, Hdfs } from '../hdfs/types.ts';
import type { FootageFile, FootageForm, FootageQuestion } from './form.ts';
import { newestFirst } from './form.ts';
import { packedForm } from './packed-form.ts';
import { settledForm } from './settled-form.ts';

/** How the names of cameras' folders begin. */
const CAMERA = 'camera=';

export interface FootageStore {
  /** Newest first, at most `limit`. */
  list(question: FootageQuestion, limits?: ReadLimits): Promise<FootageFile[]>;
  find(footage: Footage, limits?: ReadLimits): Promise<FootageFile | null>;
  /** The range lies within the file. */
  read(file: FootageFile, range: ByteRange, limits?: ReadLimits): Readable;
  /** Whether anybody has brought footage into this HDFS. */
  hasAny(limits?: ReadLimits): Promise<boolean>;
}

export function footageStore(
  hdfs: Hdfs,
  forms: readonly FootageForm[] = [settledForm(hdfs), packedForm(hdfs)],
): FootageStore {
  return {
    async list(question, limits) {
      const { camera, from, to, limit } = question;
      const found: FootageFile[] = [];
      for (const date of await daysOf(forms, camera, limits)) {
        const beginsAt = Date.parse(date);
        const window = { from: Math.max(from, beginsAt), to: Math.min(to, beginsAt + DAY_MS) };
        if (window.from >= window.to) continue;
        const rest = { ...question, ...window, limit: limit - found.length };
        // In this order: packing makes a pack before it removes a file, so nothing is missed.
        const ofForms: FootageFile[] = [];
        for (const form of forms) ofForms.push(...(await form.ofDay(date, rest, limits)));
        found.push(...withoutCopies(ofForms.sort(newestFirst)).slice(0, rest.limit));
        if (found.length >= limit) break;
      }
      return found;
    },
    async find(footage, limits) {
      for (const form of forms) {
        const found = await form.find(footage, limits);
        if (found) return found;
      }
      return null;
    },
    read: (file, { offset, bytes }, limits) =>
      hdfs.readStream(file.path, limits, { offset: file.offset + offset, bytes }) as Readable,
    // `sightline prepare` makes the folder, so it says nothing.
    hasAny: async (limits) => (await hasCameras(hdfs, FOOTAGE, limits)) || hasCameras(hdfs, PACKS, limits),
  };
}

/** Looks at one piece of the list, whatever the number of cameras. */
async function hasCameras(hdfs: Hdfs, root: string, limits?: ReadLimits): Promise<boolean> {
  const { entries } = await hdfs.listAfter(root, CAMERA, limits);
  return entries[0]?.path.startsWith(`${root}/${CAMERA}`) ?? false;
}

/** Newest day first. */
async function daysOf(forms: readonly FootageForm[], camera: Oid, limits?: ReadLimits): Promise<string[]> {
  const days = await Promise.all(forms.map((form) => form.days(camera, limits)));
  return [...new Set(days.flat())].sort().reverse();
}

/** While one form replaces another, both have the file. */
function withoutCopies(files: readonly FootageFile[]): FootageFile[] {
  const names = new Set<string>();
  return files.filter((file) => !names.has(travelName(file)) && names.add(travelName(file)));
}
