/**
 * The log in memory: partitions of records with the broker's stamps, and markers of transactions, which take offsets and are
 * never delivered. The broker's clock jumps and steps back as the seed wants.
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Dice } from './random.ts';

export type Payload = Pick<LogRecord, 'key' | 'value' | 'headers'>;

export interface SimulatedLog {
  readonly partitions: readonly (LogRecord | null)[][];
  append(partition: number, payload: Payload): LogRecord;
  /** Offset of the next record. */
  end(partition: number): number;
  clockMs(): number;
  passTime(ms: number): void;
}

export function simulatedLog(partitionCount: number, startMs: number, random: Dice): SimulatedLog {
  const partitions: (LogRecord | null)[][] = Array.from({ length: partitionCount }, () => []);
  let clockMs = startMs;
  return {
    partitions,
    append(partition, payload) {
      clockMs += random.below(2_000);
      const stepBackMs = random.chance(0.03) ? random.below(60_000) : 0;
      const held = partitions[partition]!;
      const record = { ...payload, partition, offset: held.length, stamp: clockMs - stepBackMs };
      held.push(record);
      if (random.chance(0.02)) held.push(null);
      return record;
    },
    end: (partition) => partitions[partition]!.length,
    clockMs: () => clockMs,
    passTime(ms) {
      clockMs += ms;
    },
  };
}
