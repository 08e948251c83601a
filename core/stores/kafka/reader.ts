/**
 * Reads one partition from an offset to its end: what the batch layer archives from (types.ts, LogReader).
 *
 * The reader assigns partitions by hand, so that it waits for no group and disturbs none. The partition ends where
 * Kafka's eof event says, not after a number of records: markers of transactions take offsets, and Kafka never delivers
 * them. If the log does not hold an offset, the reader throws a Refusal with its remedy, also when retention deletes
 * the offset meanwhile. node-rdkafka drops an error that follows records in one take, so a reader that hears nothing
 * asks the broker where the log begins and ends.
 */
import type { EofEvent, LibrdKafkaError } from 'node-rdkafka';
import rdkafka from 'node-rdkafka';
import type { LogRecord } from '../../domain/detection.ts';
import type { LogEnds, LogReader } from './types.ts';
import type { KafkaSettings } from './client-config.ts';
import { brokenRange, isBroken } from './broken-range.ts';
import { connect, consume, disconnect, endsOf, NOTHING } from './calls.ts';
import { asFault, CONSUMER_TOPIC_CONFIG, consumerConfig, isOffsetGone } from './client-config.ts';
import { recordOf } from './record.ts';

const TAKE_RECORDS = 1_000;
/** A take never waits while records come, so it holds no more than the client has queued, whatever their size. */
const QUEUED_KBYTES = 16_384;
const FIRST_RECORD_WAIT_MS = 50;
const QUIET_LIMIT_MS = 2_000;

interface Batch {
  readonly records: LogRecord[];
  readonly next: number;
  readonly atEnd: boolean;
}

const READERS = 'sightline.reader';

/** `group`: in whose name it reads, where rights are checked; a reader neither joins a group nor commits. */
export function logReader(settings: KafkaSettings, group = READERS): LogReader {
  const open = new Set<Reading>();
  return {
    async *read(partition, from, signal) {
      const reading = await openReading({ settings, group }, partition, from);
      open.add(reading);
      try {
        yield* batches(reading, from, signal);
      } finally {
        open.delete(reading);
        await reading.close();
      }
    },
    close: async () => {
      await Promise.all([...open].map((reading) => reading.close()));
    },
  };
}

async function* batches(reading: Reading, from: number, signal: AbortSignal | undefined): AsyncIterable<Batch> {
  let next = from;
  let heardAt = Date.now();
  for (;;) {
    signal?.throwIfAborted();
    const { records, eof } = await reading.take(next);
    const last = records.at(-1);
    if (last) next = last.offset + 1;
    const atEnd = eof >= next;
    if (atEnd) next = eof;
    if (records.length > 0 || atEnd) {
      yield { records, next, atEnd };
      if (atEnd) return;
      heardAt = Date.now();
    } else if (Date.now() - heardAt > QUIET_LIMIT_MS) {
      await reading.check(next);
      heardAt = Date.now();
    }
  }
}

interface Reading {
  /** Records from `next` on, and the offset at which the partition was found to end (−1: not yet). */
  take(next: number): Promise<{ records: LogRecord[]; eof: number }>;
  /** Throws unless the log holds `next` or ends there. */
  check(next: number): Promise<void>;
  close(): Promise<void>;
}

async function openReading(
  { settings, group }: { settings: KafkaSettings; group: string },
  partition: number,
  from: number,
): Promise<Reading> {
  const topic = settings.KAFKA_TOPIC;
  const config = {
    ...consumerConfig(settings, READERS, group),
    'queued.max.messages.kbytes': QUEUED_KBYTES,
  };
  const consumer = new rdkafka.KafkaConsumer(config, CONSUMER_TOPIC_CONFIG);
  let eof = -1;
  consumer.on('partition.eof', (event: EofEvent) => {
    eof = event.offset;
  });
  await connect(consumer, settings);
  consumer.assign([{ topic, partition, offset: from }]);
  const ends = (): Promise<Omit<LogEnds, 'partition'>> => endsOf(consumer, settings, partition);
  let closed: Promise<void> | null = null;
  let failed: LibrdKafkaError | null = null;
  return {
    async take(next) {
      const first = failed ? { ...NOTHING, error: failed } : await consume(consumer, 1, FIRST_RECORD_WAIT_MS);
      const others = first.messages.length > 0 ? await consume(consumer, TAKE_RECORDS - 1, 0) : NOTHING;
      // The next take throws it: the records before it will not come again.
      failed = others.error;
      const { error } = first;
      const messages = [...first.messages, ...others.messages];
      if (error && isOffsetGone(error)) throw brokenRange(topic, partition, next, await ends());
      if (error) throw asFault(settings, error);
      return { records: messages.filter(({ offset }) => offset >= next).map(recordOf), eof };
    },
    async check(next) {
      const found = await ends();
      if (isBroken(next, found)) throw brokenRange(topic, partition, next, found);
    },
    close: () => (closed ??= disconnect(consumer)),
  };
}
