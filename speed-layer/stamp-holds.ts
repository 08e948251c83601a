/**
 * What a worker says of partitions that it holds before a stamp from the future: once in its log, and in /readyz for as
 * long as it holds them (law L5).
 *
 * main.ts asks; round.ts keeps the held records in the worker's holdings.
 */
import type { Log } from '../core/process/log.ts';
import type { StampGate } from '../core/stores/control/stamp-gate.ts';
import type { Holdings } from './round-ports.ts';
import { holdText } from '../core/process/hold-text.ts';

/** Null if no partition is held. */
export function stampsWaitFor({ ahead }: Pick<Holdings, 'ahead'>, aheadMs: number): string | null {
  if (ahead.size === 0) return null;
  return [...ahead].map(([partition, { offset, stamp }]) => holdText({ partition, offset, stamp }, aheadMs)).join('\n');
}

/** The same gate, which also logs when a partition begins to wait and when it goes on. */
export function logHolds(gate: StampGate, log: Log, aheadMs: number): StampGate {
  const before = new Map<number, number>();
  return {
    forget: () => gate.forget(),
    async pass(partition, soFar, records, persist) {
      const passage = await gate.pass(partition, soFar, records, persist);
      const { ahead } = passage;
      if (ahead && before.get(partition) !== ahead.offset) {
        log.warn({ partition, ...offsetAndStamp(ahead) }, holdText({ partition, ...offsetAndStamp(ahead) }, aheadMs));
      }
      if (!ahead && before.has(partition)) log.info({ partition }, 'the partition goes on');
      if (ahead) before.set(partition, ahead.offset);
      else before.delete(partition);
      return passage;
    },
  };
}

const offsetAndStamp = ({ offset, stamp }: { offset: number; stamp: number }): { offset: number; stamp: number } => ({
  offset,
  stamp,
});
