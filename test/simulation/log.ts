/**
 * The log in memory: partitions of records with the broker's stamps, and markers of transactions, which take offsets
 * and are never delivered. The brokers' clocks jump (clocks.ts) and step back as the seed wants.
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import type { Clocks } from './clocks.ts';
import type { Faults } from './faults.ts';
import type { Dice } from './random.ts';

export type Payload = Pick<LogRecord, 'key' | 'value' | 'headers'>;

export interface SimulatedLog {
  readonly partitions: readonly (LogRecord | null)[][];
  append(partition: number, payload: Payload): LogRecord;
  /** Adds partitions until there are so many. */
  grow(partitionCount: number): void;
  ends(): { partition: number; low: number; high: number }[];
  /** Offset of the next record. */
  end(partition: number): number;
  /** The first offset that was appended at `t` or later, by a clock that never steps back. */
  firstSince(partition: number, t: number): number;
  clockMs(): number;
  passTime(ms: number): void;
}

export interface LogOptions {
  readonly partitionCount: number;
  readonly startMs: number;
  readonly random: Dice;
  readonly faults: Faults;
  readonly clocks: Clocks;
  /** Told of every offset that is taken; null: a marker. */
  readonly appended: (partition: number, record: LogRecord | null) => void;
}

export function simulatedLog({ partitionCount, startMs, random, faults, clocks, appended }: LogOptions): SimulatedLog {
  const partitions: (LogRecord | null)[][] = Array.from({ length: partitionCount }, () => []);
  const takenAt: number[][] = partitions.map(() => []);
  const end = (partition: number): number => partitions[partition]!.length;
  let clockMs = startMs;
  const take = (partition: number, record: LogRecord | null): void => {
    partitions[partition]!.push(record);
    takenAt[partition]!.push(clockMs);
    appended(partition, record);
  };
  return {
    partitions,
    append(partition, payload) {
      clockMs += random.below(2_000);
      const stepBackMs = faults.strikes('clock_back', 0.03) ? faults.dice('clock_back').below(60_000) : 0;
      const record = {
        ...payload,
        partition,
        offset: partitions[partition]!.length,
        stamp: clockMs - stepBackMs + clocks.brokerAheadMs(partition),
      };
      take(partition, record);
      if (faults.strikes('marker', 0.02)) take(partition, null);
      return record;
    },
    grow(count) {
      while (partitions.length < count) {
        partitions.push([]);
        takenAt.push([]);
      }
    },
    ends: () => partitions.map((_, partition) => ({ partition, low: 0, high: end(partition) })),
    end,
    firstSince(partition, t) {
      const found = takenAt[partition]!.findIndex((at) => at >= t);
      return found === -1 ? partitions[partition]!.length : found;
    },
    clockMs: () => clockMs,
    passTime(ms) {
      clockMs += ms;
    },
  };
}
