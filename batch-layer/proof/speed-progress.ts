/**
 * How far the speed layer has read; which strays a run forwards and which counts it compares depends on that.
 *
 * prepare.ts and compare.ts wait until every partition has passed its cut, but in a whole run no longer than
 * SPEED_WAIT_SECONDS.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchContext } from '../context.ts';
import type { Progress } from '../../core/stores/control/progress-rows.ts';
import { allPartitions } from '../../core/domain/growth.ts';

export interface SpeedProgress {
  /** Returns when every partition has passed its cut or the time is up. */
  waitFor(cuts: readonly number[]): Promise<void>;
  /** The earliest progress that was read at this offset or after it; null if there is none. */
  atOrPast(partition: number, cut: number): Progress | null;
  /** The last progress that was read; null if there is none. */
  latest(partition: number): Progress | null;
}

const LOOK_EVERY_MS = 250;

export function speedProgress(context: Pick<BatchContext, 'control' | 'rules' | 'settings' | 'signal'>): SpeedProgress {
  const { control, rules, settings, signal } = context;
  const partitions = allPartitions(rules);
  const history: Progress[][] = partitions.map(() => []);
  let waitedMs = 0;
  const look = async (): Promise<void> => {
    const rows = await control.progress(rules.generation, partitions);
    rows.forEach((row, partition) => {
      const before = history[partition]!;
      if (row && row.nextOffset !== before.at(-1)?.nextOffset) before.push(row);
    });
  };
  const atOrPast = (partition: number, cut: number): Progress | null =>
    history[partition]!.find((row) => row.nextOffset >= cut) ?? null;
  return {
    atOrPast,
    latest: (partition) => history[partition]!.at(-1) ?? null,
    async waitFor(cuts) {
      const began = performance.now();
      const before = waitedMs;
      for (;;) {
        await look();
        waitedMs = before + performance.now() - began;
        if (cuts.every((cut, partition) => atOrPast(partition, cut)) || waitedMs >= settings.speedWaitMs) return;
        await sleep(Math.min(LOOK_EVERY_MS, settings.speedWaitMs), undefined, { signal });
      }
    },
  };
}
