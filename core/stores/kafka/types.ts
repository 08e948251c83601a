/**
 * The log as the layers see it: administration, consuming in a group, reading a range, and producing with
 * acknowledgement.
 *
 * admin.ts answers with kafkajs, the other three with node-rdkafka (docs/decisions). All readers deliver committed
 * records only, so that an offset that one layer saw is one that the other sees.
 */
import type { DeadLetter } from '../../domain/dead-letters.ts';
import type { LogRecord } from '../../domain/detection.ts';
import type { Instant } from '../../domain/time.ts';
import type { LogSettings } from '../../layout/topic-settings.ts';

export interface LogEnds {
  readonly partition: number;
  /** First offset that the log still holds. */
  readonly low: number;
  /** Kafka delivers committed records up to here: the next record's offset, or the oldest open transaction's first. */
  readonly high: number;
}

export interface TopicFacts extends LogSettings {
  readonly topicId: string;
  readonly partitionCount: number;
  readonly isLogAppendTime: boolean;
  readonly retentionMs: number;
  readonly segmentMs: number;
  /** How long a segment's file stays after it was deleted. */
  readonly deletionDelayMs: number;
}

export interface LogAdmin {
  /** Its name. */
  readonly topic: string;
  /** Creates the topic and the dead-letter topic unless they exist; never changes an existing one. */
  ensureTopics(): Promise<'created' | 'existed'>;
  /** Null if the topic does not exist. */
  facts(): Promise<TopicFacts | null>;
  /** Changes settings of a topic, and leaves its others as they are. */
  configure(topic: string, settings: Readonly<Record<string, string>>): Promise<void>;
  /** Adds partitions up to this count; does nothing if the topic has as many. */
  grow(partitionCount: number): Promise<void>;
  /** Ends of every partition, in the order of their numbers. */
  ends(): Promise<LogEnds[]>;
  /** By partition, the offset that the next record will get, even while an open transaction hides earlier records. */
  newestEnds(): Promise<number[]>;
  /** Whether the log holds a record with a stamp before `t`; a hint, as it sees aborted records too. */
  holdsBefore(t: Instant): Promise<boolean>;
  close(): Promise<void>;
}

/** A consumer of the group `KAFKA_GROUP`; partitions come and go with rebalances. */
export interface LogConsumer {
  /** Up to `limit` records, or none after a short wait; per partition in the order of offsets. */
  take(limit: number): Promise<LogRecord[]>;
  /** Delivers nothing of these partitions until they are no longer named. */
  hold(partitions: readonly number[]): void;
  /**
   * The next take gives these partitions back to this worker alone, and brings them again: both hooks are called.
   * Absent
   * where the store of rows is always sure (Spark).
   */
  again?(partitions: readonly number[]): void;
  /** Per partition, the offset at which the log ended when it was read to its end (transaction markers leave holes). */
  drained(): ReadonlyMap<number, number>;
  /**
   * Follows the progress rows, for lag tools. Does not wait: no worker starts from it, and a fault is only reported.
   */
  commit(next: readonly { partition: number; offset: number }[]): void;
  /** The last known end of each held partition; leaves out partitions whose end is not known yet. */
  ends(): ReadonlyMap<number, number>;
  close(): Promise<void>;
}

export interface GroupHooks {
  /** Where to start each partition; awaited before the first record of it is delivered. */
  assigned(partitions: readonly number[]): Promise<readonly { partition: number; offset: number }[]>;
  /** Must finish what is in flight for these; awaited before the group gives them to others. */
  revoked(partitions: readonly number[]): Promise<void>;
}

/** Reads one partition from an offset to its end, without a group. */
export interface LogReader {
  /** Batches in the order of offsets, up to the partition's end when the reader reaches it; the caller asks again. */
  read(
    partition: number,
    from: number,
    signal?: AbortSignal,
  ): AsyncIterable<{ records: LogRecord[]; next: number; atEnd: boolean }>;
  close(): Promise<void>;
}

export interface LogProducer {
  /** Produces each record again to its home partition; resolves when all are acknowledged by all replicas. */
  forward(strays: readonly { record: LogRecord; id: string; home: number }[]): Promise<void>;
  deadLetter(letters: readonly { record: LogRecord; deadLetter: DeadLetter }[]): Promise<void>;
  /** Appends one tick to each partition; resolves when acknowledged. */
  tick(partitions: readonly number[]): Promise<void>;
  close(): Promise<void>;
}
