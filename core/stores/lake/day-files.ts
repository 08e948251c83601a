/**
 * The files of detections below a folder that are in force, for readers that hold no lock (law L9).
 *
 * Serving lists a day or an hour here and downloads what it finds. The newest change decides, also while its files
 * get their final paths: the list is that of afterwards from the moment when the change was declared. If a change is
 * declared while the folder is being read, the folder is read again. A file that a later change replaced is read from
 * where it waits for its last readers. If it is gone (forgotten rows are removed at once), the question fails as one
 * that may be asked again, so no answer mixes two states.
 */
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Hdfs } from '../hdfs/types.ts';
import type { ChangeRecord } from './changes.ts';
import { RETIRED } from '../../layout/lake.ts';
import { Retryable } from '../../process/errors.ts';
import { filesAfter, listChanges, readChange } from './changes.ts';

export interface DayFile {
  readonly path: string;
  readonly bytes: number;
  /** Where a file of the newest change may still lie. */
  readonly staged?: string;
}

export interface DayFiles {
  /** Sorted by path. */
  below(folder: string, limits?: ReadLimits): Promise<DayFile[]>;
  download(file: DayFile, localFile: string, limits?: ReadLimits): Promise<void>;
}

export function dayFiles(hdfs: Hdfs): DayFiles {
  let known: ChangeRecord | null = null;
  const newest = async (limits: ReadLimits | undefined): Promise<ChangeRecord | null> => {
    const last = (await listChanges(hdfs, limits)).at(-1);
    if (last === undefined) return null;
    if (known?.change !== last) known = await readChange(hdfs, last, limits);
    return known;
  };
  return {
    async below(folder, limits) {
      for (;;) {
        const change = await newest(limits);
        const walked = await hdfs.walk(folder, limits);
        if ((await newest(limits))?.change !== change?.change) continue;
        if (!change) return walked;
        const added = change.added.filter(({ path }) => path.startsWith(`${folder}/`));
        return filesAfter<DayFile>(walked, change, added);
      }
    },
    async download(file, localFile, limits) {
      const places = [file.path, ...(file.staged === undefined ? [] : [file.staged, file.path])];
      for (const place of places) if (await downloadIfThere(hdfs, place, localFile, limits)) return;
      for (const { path } of (await hdfs.list(RETIRED, limits)).reverse())
        if (await downloadIfThere(hdfs, `${path}/${file.path}`, localFile, limits)) return;
      throw new Retryable('HDFS', `${file.path} was replaced before it could be read; ask again`);
    },
  };
}

/** False if there is no such file. */
async function downloadIfThere(
  hdfs: Hdfs,
  path: string,
  localFile: string,
  limits: ReadLimits | undefined,
): Promise<boolean> {
  try {
    await hdfs.download(path, localFile, limits);
    return true;
  } catch (fault) {
    if (await hdfs.facts(path, limits)) throw fault;
    return false;
  }
}
