/**
 * Footage that is kept in packs, as packing (footage/packs/) leaves it: one file of HDFS for thousands of frames.
 *
 * A pack's name tells the time that it covers, and its index (pack-index.ts) tells each frame's bytes, so a question
 * reads the folder of the day and the indexes of the packs that it touches. Packs never change, so indexes that were
 * read lately are kept.
 */
import { dateOf } from '../../domain/time.ts';
import { settledFile } from '../../layout/footage.ts';
import type { Footage } from '../../layout/footage.ts';
import { PACKS } from '../../layout/footage-packs.ts';
import type { Pack } from '../../layout/footage-packs.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Hdfs } from '../hdfs/types.ts';
import { datesOf } from './days.ts';
import type { FootageFile, FootageForm, FootageQuestion } from './form.ts';
import { newestFirst } from './form.ts';
import { listPacks, readPackIndex } from './pack-index.ts';

/** Frames whose places are kept in memory; each takes some 400 bytes. */
const KEPT_FRAMES = 100_000;

type Frames = readonly FootageFile[];

export function packedForm(hdfs: Hdfs, keptFrames = KEPT_FRAMES): FootageForm {
  const indexes = recentIndexes(keptFrames);
  const framesOf = async (pack: Pack, limits?: ReadLimits): Promise<Frames> => {
    const kept = indexes.get(pack.path);
    if (kept) return kept;
    const frames = (await readPackIndex(hdfs, pack, limits)).map((frame) => ({ ...frame, path: pack.path }));
    indexes.keep(pack.path, frames);
    return frames;
  };
  return {
    days: (camera, limits) => datesOf(hdfs, PACKS, camera, limits),
    async ofDay(date, question, limits) {
      const { whole } = await listPacks(hdfs, question.camera, date, limits);
      const found: FootageFile[] = [];
      // Packs of one day may cover the same time: of frames that came late there is one more.
      for (const pack of whole.filter((each) => touches(each, question)))
        found.push(...(await framesOf(pack, limits)).filter((frame) => isAsked(frame, question)));
      return found.sort(newestFirst).slice(0, question.limit);
    },
    async find(footage, limits) {
      const name = settledFile(footage);
      const { whole } = await listPacks(hdfs, footage.camera, dateOf(footage.takenAtMs), limits);
      for (const pack of whole.filter(({ firstMs, lastMs }) => isWithin(footage, firstMs, lastMs)))
        for (const frame of await framesOf(pack, limits)) if (settledFile(frame) === name) return frame;
      return null;
    },
  };
}

const isWithin = ({ takenAtMs }: Footage, firstMs: number, lastMs: number): boolean =>
  firstMs <= takenAtMs && takenAtMs <= lastMs;

const touches = ({ firstMs, lastMs }: Pack, { from, to }: FootageQuestion): boolean => firstMs < to && lastMs >= from;

function isAsked(frame: FootageFile, { from, to, after }: FootageQuestion): boolean {
  return frame.takenAtMs >= from && frame.takenAtMs < to && (!after || newestFirst(after, frame) < 0);
}

/** The indexes that were used last, as many as fit. */
function recentIndexes(most: number) {
  const kept = new Map<string, Frames>();
  let frames = 0;
  return {
    get(path: string): Frames | undefined {
      const found = kept.get(path);
      if (found) {
        kept.delete(path);
        kept.set(path, found);
      }
      return found;
    },
    keep(path: string, added: Frames): void {
      if (kept.has(path)) return;
      kept.set(path, added);
      frames += added.length;
      for (const [oldest, { length }] of kept) {
        if (frames <= most || kept.size === 1) break;
        kept.delete(oldest);
        frames -= length;
      }
    },
  };
}
