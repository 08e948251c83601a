/**
 * The group's offsets, which follow the progress rows so that lag tools are right.
 *
 * consumer.ts says which offsets to commit and when to send them. If the group refuses a commit during a rebalance,
 * this file sends it again later: otherwise the offsets of a topic that falls quiet then would stay behind for good.
 * One commit is under way at a time.
 */
import type { KafkaConsumer, LibrdKafkaError } from 'node-rdkafka';
import { messageOf } from '../../process/errors.ts';

export interface GroupOffsets {
  want(offsets: readonly { partition: number; offset: number }[]): void;
  /** Forgets partitions that belong to another worker now. */
  forget(partitions: readonly number[]): void;
  /** Commits the wanted offsets, if the last commit was answered and is old enough. */
  send(leastPauseMs?: number): void;
  /** To be called with every answer. */
  answered(error: LibrdKafkaError | undefined): void;
  isWaiting(): boolean;
}

const LEAST_PAUSE_MS = 500;
const ANSWER_LIMIT_MS = 10_000;

export function groupOffsets(consumer: KafkaConsumer, topic: string, onFault: (message: string) => void): GroupOffsets {
  const wanted = new Map<number, number>();
  let underWay: ReadonlyMap<number, number> | null = null;
  let sentAt = 0;
  const failed = (because: string): void => {
    underWay = null;
    onFault(`the group's offsets were not committed: ${because}`);
  };
  return {
    want(offsets) {
      for (const { partition, offset } of offsets) wanted.set(partition, offset);
    },
    forget(partitions) {
      for (const partition of partitions) wanted.delete(partition);
    },
    send(leastPauseMs = LEAST_PAUSE_MS) {
      const sinceMs = Date.now() - sentAt;
      if (wanted.size === 0 || sinceMs < (underWay ? ANSWER_LIMIT_MS : leastPauseMs)) return;
      sentAt = Date.now();
      underWay = new Map(wanted);
      try {
        consumer.commit([...wanted].map(([partition, offset]) => ({ topic, partition, offset })));
      } catch (thrown) {
        failed(messageOf(thrown));
      }
    },
    answered(error) {
      if (error) return failed(error.message);
      for (const [partition, offset] of underWay ?? []) if (wanted.get(partition) === offset) wanted.delete(partition);
      underWay = null;
    },
    isWaiting: () => wanted.size > 0,
  };
}
