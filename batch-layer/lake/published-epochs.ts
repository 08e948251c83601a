/**
 * What earlier epochs published: the files that a run needs of them, as local copies.
 *
 * reconcile.ts asks for the first-met rows that could be in force, and for the detections of some dates. Manifests say
 * which files there are and what their checksums must be; they never change, so a long-running process reads each once.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { PublishedFile } from '../../core/stores/lake/runs.ts';
import type { BatchContext } from '../context.ts';
import type { LocalCopies, Wanted } from './local-copies.ts';
import { epochAt, epochNamed, nameOf, startOf } from '../../core/domain/epoch.ts';
import { inForceMs } from '../../core/domain/rules.ts';
import { LAKE, manifestFile, MET } from '../../core/layout/lake.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { readRun } from '../../core/stores/lake/runs.ts';

export interface PublishedEpochs {
  /** First-met rows of every epoch before this one that could be in force in it. */
  met(epoch: Epoch): Promise<Wanted[]>;
  /** First-met rows of this epoch. */
  metOf(epoch: Epoch): Promise<readonly Wanted[]>;
  /** Detections files of epochs before this one, of these dates of detection. */
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
    if (!files) throw missing(`${manifestFile(nameOf(epoch, rules))} is not in HDFS, but its epoch is published`);
    known.set(epoch, files);
    return files;
  };
  const fileOf = async (epoch: Epoch, path: string): Promise<PublishedFile> => {
    const file = (await filesOf(epoch)).find((each) => each.path === path);
    if (!file) throw missing(`${path} is not named by the manifest of its epoch`);
    return file;
  };
  const metFilesOf = async (epoch: Epoch): Promise<readonly PublishedFile[]> => {
    const files = (await filesOf(epoch)).filter(({ path }) => path.startsWith(`${MET}/`));
    if (files.length === 0) throw missing(`the manifest of ${nameOf(epoch, rules)} names no file of first-met rows`);
    return files;
  };
  return {
    metOf: metFilesOf,
    async met(epoch) {
      const first = Math.max(rules.firstEpoch, epochAt(startOf(epoch, rules) - inForceMs(rules), rules));
      const epochs = Array.from({ length: Math.max(0, epoch - first) }, (_, i) => (first + i) as Epoch);
      const files: PublishedFile[] = [];
      for (let at = 0; at < epochs.length; at += READS_AT_ONCE) {
        const some = epochs.slice(at, at + READS_AT_ONCE);
        files.push(...(await Promise.all(some.map(metFilesOf))).flat());
      }
      return files;
    },
    async detections(epoch, dates, copies) {
      const found: { date: string; localFile: string }[] = [];
      for (const date of dates) {
        for (const { path } of await hdfs.walk(`${LAKE}/detections/dt=${date}`)) {
          const of = epochNamed(path.slice(path.lastIndexOf('/') + 1).replace(/-\d+\.parquet$/, ''), rules);
          if (of === null) throw missing(`${path} carries no epoch's name; only published files belong there`);
          if (of < epoch) found.push({ date, localFile: await copies.of(await fileOf(of, path)) });
        }
      }
      return found;
    },
  };
}

function missing(what: string): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `The lake is not as it was published: ${what}. Restore it before the next run.`,
  );
}
