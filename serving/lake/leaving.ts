/**
 * Detections that are leaving the lists: those of a forgetting that is under way (law L9).
 *
 * The batch layer announces a forgetting before it takes the first entry out of a list, and its work lies in a file of
 * the lake until all entries are gone (batch-layer/changes/work.ts). A snapshot says whether one is under way; then
 * this module reads which detections go, and a page leaves all of them out. So they vanish at once for every reader. If
 * that file cannot be read, the question fails as one that may be asked again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewestForgetting } from '../../core/stores/control/forgetting-row.ts';
import type { ListedDetection } from '../../core/stores/views/list-view.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import { leavingFile } from '../../core/layout/lake.ts';
import { Retryable } from '../../core/process/errors.ts';
import { openDuck, parquet } from '../../core/stores/lake/duckdb.ts';

export type IsLeaving = (entry: ListedDetection) => boolean;

/** Which detections leave by this forgetting; null: the file is gone, so the forgetting has ended meanwhile. */
export type FindLeaving = (forgetting: NewestForgetting | null) => Promise<IsLeaving | null>;

/** Two numbers each in memory. */
const MOST_LEAVING = 5_000_000;
const NOBODY: IsLeaving = () => false;

export function leavingDetections(hdfs: Pick<Hdfs, 'facts' | 'download'>): FindLeaving {
  let newest: { readonly change: number; readonly isLeaving: Promise<IsLeaving | null> } | null = null;
  return (forgetting) => {
    if (!forgetting?.isUnderWay) {
      newest = null;
      return Promise.resolve(NOBODY);
    }
    const { change } = forgetting;
    if (newest?.change === change) return newest.isLeaving;
    const isLeaving = readLeaving(hdfs, change);
    const reading = (newest = { change, isLeaving });
    // A failed reading is not kept.
    isLeaving.catch(() => newest === reading && (newest = null));
    return isLeaving;
  };
}

async function readLeaving(hdfs: Pick<Hdfs, 'facts' | 'download'>, change: number): Promise<IsLeaving | null> {
  if (!(await hdfs.facts(leavingFile(change)))) return null;
  const folder = await mkdtemp(join(tmpdir(), 'sightline-leaving-'));
  const localFile = join(folder, 'work.parquet');
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(folder, 'spill') });
  try {
    await hdfs.download(leavingFile(change), localFile);
    const [count] = await duck.rows(`SELECT COUNT(*) AS n FROM ${parquet([localFile])}`);
    const rows = Number(count!.n);
    if (rows > MOST_LEAVING)
      throw new Retryable('lake', `${rows} detections are being forgotten; lists answer again when that has ended`);
    const [ids, times] = [new BigInt64Array(rows), new Float64Array(rows)];
    let at = 0;
    const select = `SELECT detection_oid AS id, timestamp_detected AS t FROM ${parquet([localFile])} ORDER BY id, t`;
    for await (const some of duck.batches(select))
      for (const { id, t } of some) {
        ids[at] = id as bigint;
        times[at++] = Number(t);
      }
    return ({ id, detectedAt }) => isAmong(ids, times, BigInt(id), detectedAt);
  } finally {
    duck.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** An id can come again after W, so its time counts too. */
function isAmong(ids: BigInt64Array, times: Float64Array, id: bigint, t: number): boolean {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  for (let at = low; at < ids.length && ids[at] === id; at++) if (times[at] === t) return true;
  return false;
}
