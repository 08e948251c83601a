/**
 * `sightline batch prune`: removes published epochs from the speed view and files that were replaced, or what older
 * generations left (drop.ts).
 */
import { nameOf } from '../../core/domain/epoch.ts';
import { RETIRED } from '../../core/layout/lake.ts';
import { EXIT } from '../../core/process/errors.ts';
import { REBUILD_LEASE } from '../../core/stores/control/lease-rows.ts';
import type { BatchContext } from '../context.ts';
import { sweepRetired } from '../changes/change.ts';
import type { OldGeneration } from '../generations/drop.ts';
import { dropOldGenerations } from '../generations/drop.ts';
import { withLakeLock, withLock } from '../lock/lake-lock.ts';
import { findNewestDue, pruneDue } from '../view/prune.ts';
import { nothingToDo, print, withBatch } from './with-batch.ts';

export interface PruneCommandOptions {
  readonly generations?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export async function runPrune({ generations, dryRun, json }: PruneCommandOptions): Promise<number> {
  const isDryRun = dryRun === true;
  return withBatch(({ context }) =>
    generations === true ? pruneOldGenerations(context, isDryRun, json) : pruneSpeedView(context, isDryRun, json),
  );
}

async function pruneSpeedView(context: BatchContext, isDryRun: boolean, json: boolean | undefined): Promise<number> {
  if (!isDryRun) await removeRetired(context);
  const due = await (isDryRun ? findNewestDue : pruneDue)(context, Date.now());
  if (!due)
    return nothingToDo('No published epoch is due: its grace is not over, or the speed layer has not passed its cut');
  const upTo = nameOf(due.epoch, context.rules);
  if (!('rows' in due)) {
    const text = `would remove what the speed view holds of epochs up to ${upTo}`;
    print(json, { up_to_epoch: upTo, removed: false }, text);
    return EXIT.done;
  }
  if (due.rows === 0) return nothingToDo(`The speed view holds nothing more of epochs up to ${upTo}`);
  print(json, { up_to_epoch: upTo, rows: due.rows }, `${due.rows} rows removed, up to epoch ${upTo}`);
  return EXIT.done;
}

/** Takes the lock of the lake only if there is something to remove. */
async function removeRetired(context: BatchContext): Promise<void> {
  if ((await context.hdfs.list(RETIRED)).length === 0) return;
  const files = await withLakeLock(context, (locked) => sweepRetired(locked, Date.now()));
  if (files > 0) process.stderr.write(`${files} replaced files removed\n`);
}

async function pruneOldGenerations(
  context: BatchContext,
  isDryRun: boolean,
  json: boolean | undefined,
): Promise<number> {
  const dropped = await withLock(context, REBUILD_LEASE, (rebuildLocked, rebuildLease) =>
    withLakeLock(rebuildLocked, (locked, lakeLease) => {
      const checkLocks = async (): Promise<void> => {
        await rebuildLease.check();
        await lakeLease.check();
      };
      return dropOldGenerations(locked, { isDryRun, now: Date.now(), checkLocks });
    }),
  );
  if (dropped.length === 0)
    return nothingToDo('No older generation has anything left, or the grace after its switch is not over');
  for (const one of dropped) {
    const text = `${isDryRun ? 'would remove' : 'removed'} ${generationText(one)}`;
    print(json, { ...one, removed: !isDryRun }, text);
  }
  return EXIT.done;
}

function generationText({ generation, rows, files, bytes, folder, firstMetFamily }: OldGeneration): string {
  const shown = (count: number): string => count.toLocaleString('en');
  const firstMet = firstMetFamily === null ? '' : `; its own first-met rows (${firstMetFamily})`;
  return (
    `generation ${generation}: ${shown(rows)} rows in both views; ` +
    `${shown(files)} files of ${shown(bytes)} bytes in ${folder}${firstMet}`
  );
}
