/**
 * The lock of an agent's folder, on a full disk too: `sightline footage agent` (agent.ts) takes it before all else.
 *
 * The lock is a file of a few bytes. On a disk that has no room for it, an agent would never begin the delivery that
 * makes room. So here it delivers some of what waits, and tries again.
 */
import type { Retryable } from '../core/process/errors.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';
import type { StopOrders } from '../core/process/life.ts';
import { holdLock } from '../core/process/lock.ts';
import { WORKER_RETRY, withRetry } from '../core/process/retry.ts';
import type { Say } from '../core/process/step-log.ts';
import type { Hdfs } from '../core/stores/hdfs/types.ts';
import { endLeftBehind } from '../hadoop-compose/cluster/left-behind.ts';
import type { Folders } from './folders.ts';
import { isDiskFull } from './folders.ts';
import { deliverFolder } from './full-disk.ts';
import { takeFiles } from './handover.ts';

const FILES_AT_ONCE = 20;

export interface Holding {
  readonly folders: Folders;
  readonly greatestBytes: number;
  readonly hdfs: Hdfs;
  /** HDFS is away. */
  readonly onRetry: (fault: Retryable) => void;
}

/**
 * Takes the lock of the folder, and returns what gives it back. The lock is a file of a few bytes: on a disk that has
 * no room for it, some of what waits is delivered first.
 */
export async function holdFolder(
  { folders, greatestBytes, hdfs: files, onRetry }: Holding,
  say: Say,
  { stop, hurry }: StopOrders,
): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await holdLock({ folder: folders.root }, 'sightline footage agent', stop, 0);
    } catch (fault) {
      if (!isDiskFull(fault)) throw fault;
    }
    // Nobody else works here: a living agent would have been the answer of the lock.
    await endLeftBehind({ folder: folders.root }, say, hurry);
    await takeFiles(folders, { greatestBytes, spoolFiles: FILES_AT_ONCE }, stop);
    let delivered = 0;
    for (const folder of [folders.spool, folders.large])
      delivered += await withRetry(WORKER_RETRY, () => deliverFolder(files, folder, stop, FILES_AT_ONCE), {
        ...{ signal: stop, onRetry },
      });
    stop.throwIfAborted();
    if (delivered === 0)
      throw new Refusal(
        EXIT.dependency_down,
        `The disk of ${folders.root} is full, and no footage waits there that the agent could deliver. Make some room.`,
      );
    say('agent', `the disk is full; ${delivered} files were delivered to make room`);
  }
}
