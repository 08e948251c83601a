/**
 * Footage that is kept as one file of HDFS each, as settling (footage/settle.ts) names it.
 *
 * HDFS lists a folder in the order of names, from any name on, a piece at a time, and says how many names remain. So a
 * page of the newest files reads slices of the day from its end: a slice that does not fit into a piece is cut by what
 * remains, one that had few files is followed by a longer one. A day of 1.7 million files costs as many calls as one
 * of a hundred.
 */
import { posix } from 'node:path';
import { FOOTAGE, footageFolder, parseSettledFile, settledFile, timeOfDay } from '../../layout/footage.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { FileFacts, Hdfs } from '../hdfs/types.ts';
import { datesOf } from './days.ts';
import type { FootageFile, FootageForm, FootageQuestion } from './form.ts';
import { newestFirst } from './form.ts';

/** A slice is cut so that it should fill half of a piece, and grows by this factor. */
const FULL = 0.5;
const GROWTH = 8;
/** The newest slice: short, because a page of a busy camera needs no more. */
const FIRST_SPAN_MS = 600_000;

export function settledForm(hdfs: Hdfs): FootageForm {
  return {
    days: (camera, limits) => datesOf(hdfs, FOOTAGE, camera, limits),
    async ofDay(date, { camera, from, to, limit, after }, limits) {
      const folder = footageFolder(camera, date);
      const found: FootageFile[] = [];
      let end = after ? Math.min(to, after.takenAtMs + 1) : to;
      let spanMs = Math.min(end - from, FIRST_SPAN_MS);
      while (end > from && found.length < limit) {
        const start = Math.max(from, end - spanMs);
        const slice = await readSlice(hdfs, folder, { from: start, to: end }, limits);
        if (!slice.isWhole) {
          spanMs = Math.max(1, Math.floor((end - start) * Math.min(FULL, slice.share * FULL)));
          continue;
        }
        found.push(...slice.files.filter((file) => !after || newestFirst(after, file) < 0).sort(newestFirst));
        end = start;
        spanMs *= GROWTH;
      }
      return found;
    },
    async find(footage, limits) {
      const path = settledFile(footage);
      const facts = await hdfs.facts(path, limits);
      return facts && !facts.isFolder ? { ...footage, path, offset: 0, bytes: facts.bytes } : null;
    },
  };
}

type Window = Pick<FootageQuestion, 'from' | 'to'>;

interface Slice {
  readonly files: readonly FootageFile[];
  readonly isWhole: boolean;
  /** Which part of what follows in the folder the piece had. */
  readonly share: number;
}

/** The files of [from, to), if they fit into one piece; of one millisecond always all. */
async function readSlice(hdfs: Hdfs, folder: string, { from, to }: Window, limits?: ReadLimits): Promise<Slice> {
  const files: FootageFile[] = [];
  for (let name = timeOfDay(from); ;) {
    const { entries, remaining } = await hdfs.listAfter(folder, name, limits);
    const known = entries.flatMap((entry) => fileOf(entry) ?? []);
    files.push(...known.filter(({ takenAtMs }) => takenAtMs < to));
    const last = known.at(-1);
    const isWhole = remaining === 0 || (last !== undefined && last.takenAtMs >= to);
    if (isWhole || to - from > 1) return { files, isWhole, share: entries.length / (entries.length + remaining) };
    name = posix.basename(entries.at(-1)!.path);
  }
}

function fileOf({ path, isFolder, bytes }: FileFacts): FootageFile | null {
  const footage = isFolder ? null : parseSettledFile(path);
  return footage && { ...footage, path, offset: 0, bytes };
}
