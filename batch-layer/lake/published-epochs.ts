/**
 * The files that a run needs of earlier epochs: their first-met rows, and their detections of some dates.
 *
 * prepare.ts and reprocess.ts ask for them and hand them to reconcile.ts. Manifests name the files and their checksums.
 * The lock of the lake keeps changes away, so each manifest is read once.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { PublishedFile } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { LocalCopies, LakeFile } from './local-copies.ts';
import { epochAt, epochNamed, nameOf, startOf } from '../../core/domain/epoch.ts';
import { inForceMs } from '../../core/domain/rules.ts';
import { isChangedFile, LAKE, manifestFile, MET } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { readRun } from '../../core/stores/lake/runs.ts';

export interface PublishedEpochs {
  /** Files of first-met rows of earlier epochs that can be in force in this epoch. */
  firstMetBefore(epoch: Epoch): Promise<LakeFile[]>;
  /** Files of first-met rows of this epoch. */
  firstMetOf(epoch: Epoch): Promise<readonly LakeFile[]>;
  /** Detections files that hold these dates of detection; a compacted one may hold rows of this epoch and later. */
  detections(
    epoch: Epoch,
    dates: readonly string[],
    copies: LocalCopies,
  ): Promise<{ date: string; localFile: string }[]>;
}

type Context = Pick<BatchContext, 'hdfs' | 'rules'>;
const READS_AT_ONCE = 8;

export function publishedEpochs({ hdfs, rules }: Context): PublishedEpochs {
  const known = new Map<Epoch, readonly PublishedFile[]>();
  const filesOf = async (epoch: Epoch): Promise<readonly PublishedFile[]> => {
    const files =
      known.get(epoch) ??
      (await readRun(hdfs, nameOf(epoch, rules)))?.files.filter(({ path }) => !path.startsWith(`${LAKE}/raw/`));
    if (!files) throw damagedLake(`${manifestFile(nameOf(epoch, rules))} is missing`);
    known.set(epoch, files);
    return files;
  };
  const fileOf = async (epoch: Epoch, path: string): Promise<PublishedFile> => {
    const file = (await filesOf(epoch)).find((each) => each.path === path);
    if (!file) throw damagedLake(`${path} exists, but the manifest of its epoch does not name it`);
    return file;
  };
  const firstMetOf = async (epoch: Epoch): Promise<readonly PublishedFile[]> => {
    const files = (await filesOf(epoch)).filter(({ path }) => path.startsWith(`${MET}/`));
    if (files.length === 0)
      throw damagedLake(`the manifest of epoch ${nameOf(epoch, rules)} names no file of first-met rows`);
    return files;
  };
  return {
    firstMetOf,
    async firstMetBefore(epoch) {
      const first = Math.max(rules.firstEpoch, epochAt(startOf(epoch, rules) - inForceMs(rules), rules));
      const epochs = Array.from({ length: Math.max(0, epoch - first) }, (_, i) => (first + i) as Epoch);
      const files: PublishedFile[] = [];
      for (let at = 0; at < epochs.length; at += READS_AT_ONCE) {
        const group = epochs.slice(at, at + READS_AT_ONCE);
        files.push(...(await Promise.all(group.map(firstMetOf))).flat());
      }
      return files;
    },
    async detections(epoch, dates, copies) {
      const files: { date: string; localFile: string }[] = [];
      for (const date of dates) {
        for (const { path } of await hdfs.walk(`${LAKE}/detections/dt=${date}`)) {
          const fileEpoch = epochNamed(path.slice(path.lastIndexOf('/') + 1).replace(/-\d+\.parquet$/, ''), rules);
          if (fileEpoch === null) throw damagedLake(`the name of ${path} names no epoch, so no run published it`);
          if (fileEpoch < epoch || isChangedFile(path))
            files.push({ date, localFile: await copies.fetch(await fileOf(fileEpoch, path)) });
        }
      }
      return files;
    },
  };
}

function damagedLake(finding: string): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `The lake is not as it was published: ${finding}. Restore it from a copy before the next run.`,
  );
}
