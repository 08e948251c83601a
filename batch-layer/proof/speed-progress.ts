/**
 * How far the speed layer is: what the archive forwards and what the report compares hang on it.
 *
 * A run waits, never longer than SPEED_WAIT_SECONDS in all, until every partition has passed its cut.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchContext } from '../context.ts';
import type { Progress } from '../../core/stores/control/progress-rows.ts';
import { allPartitions } from '../../core/domain/growth.ts';

export interface SpeedProgress {
  /** Looks until every partition has passed its cut or the time is up. */
  waitFor(cuts: readonly number[]): Promise<void>;
  /** The earliest progress that was seen at or past this offset; null if there is none. */
  past(partition: number, cut: number): Progress | null;
  /** The last progress that was seen; null while there is none. */
  latest(partition: number): Progress | null;
}

const LOOK_EVERY_MS = 250;

export function speedProgress(context: Pick<BatchContext, 'control' | 'rules' | 'settings' | 'signal'>): SpeedProgress {
  const { control, rules, settings, signal } = context;
  const partitions = allPartitions(rules);
  const seen: Progress[][] = partitions.map(() => []);
  let waitedMs = 0;
  const look = async (): Promise<void> => {
    const rows = await control.progress(rules.generation, partitions);
    rows.forEach((row, partition) => {
      const before = seen[partition]!;
      if (row && row.nextOffset !== before.at(-1)?.nextOffset) before.push(row);
    });
  };
  const past = (partition: number, cut: number): Progress | null =>
    seen[partition]!.find((row) => row.nextOffset >= cut) ?? null;
  return {
    past,
    latest: (partition) => seen[partition]!.at(-1) ?? null,
    async waitFor(cuts) {
      const began = performance.now();
      const before = waitedMs;
      for (;;) {
        await look();
        waitedMs = before + performance.now() - began;
        if (cuts.every((cut, partition) => past(partition, cut)) || waitedMs >= settings.speedWaitMs) return;
        await sleep(Math.min(LOOK_EVERY_MS, settings.speedWaitMs), undefined, { signal });
      }
    },
  };
}
