/**
 * Ticks: a quiet partition gets a record of ours, so that its epoch can be cut (law L5).
 *
 * archive.ts calls this when the epoch is over and a partition has delivered no record from after its end. One tick is
 * appended to each such partition; another one follows only if the broker stamped the first before the epoch's end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiveJob, PartitionReading } from './partition-reading.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { Retryable } from '../../core/process/errors.ts';
import { refuseHeld } from './held-partitions.ts';
import { readPartition } from './partition-reading.ts';

const POLL_MS = 100;

/** Throws a Retryable if a partition is not cut within the limit. */
export async function tickUntilCut(
  job: ArchiveJob,
  quiet: readonly PartitionReading[],
  limitMs: number,
): Promise<void> {
  const { context } = job;
  const giveUpAt = performance.now() + limitMs;
  let uncut = [...quiet];
  let toTick = uncut;
  while (uncut.length > 0) {
    if (toTick.length > 0) {
      for (const reading of toTick) reading.hasEarlyTick = false;
      await context.producer.tick(toTick.map(({ partition }) => partition));
    }
    for (const reading of uncut) await readPartition(job, reading);
    uncut = uncut.filter(({ isCut }) => !isCut);
    refuseHeld(context, uncut);
    toTick = uncut.filter(({ hasEarlyTick }) => hasEarlyTick);
    if (uncut.length === 0) return;
    if (performance.now() > giveUpAt) {
      const partitions = uncut.map(({ partition }) => partition).join(', ');
      throw new Retryable(
        'Kafka',
        `Partitions ${partitions} delivered no record stamped after the end of epoch ` +
          `${nameOf(job.epoch, context.rules)} within ${limitMs / 1_000} s of a tick. A transaction may be open, or ` +
          "the broker's clock is behind. Try again.",
      );
    }
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}
