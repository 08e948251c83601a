/**
 * The topics: how they are configured, and the headers that we put on records.
 *
 * A detection is a record of topic `detections`: key = detection_oid as decimal text, value = a JSON object with the
 * five fields of dataset A (domain/parse.ts says exactly which texts). The topic's time is LogAppendTime, because
 * arrival is the log's clock and never a camera's. Kafka keeps the topic by time only, because a size limit would lose
 * records in silence. Dead letters have Kafka Connect's header names, which other tools know.
 */
import { isUtf8 } from 'node:buffer';
import type { DeadLetter } from '../domain/dead-letters.ts';
import type { LogRecord, Position } from '../domain/detection.ts';
import { STRAY_HEADER } from '../domain/verdict.ts';
import { GREATEST_TOPIC_BYTES, LEAST_DEAD_LETTER_BYTES, LEAST_TOPIC_BYTES, STORED_CODEC } from './topic-settings.ts';

export interface TopicPlan {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly config: Readonly<Record<string, string>>;
}

export function topicPlans(options: {
  topic: string;
  deadLetterTopic: string;
  partitions: number;
  replication: number;
  retentionMs: number;
  segmentBytes: number;
}): TopicPlan[] {
  const { partitions, replication, retentionMs, segmentBytes } = options;
  const durable = {
    'cleanup.policy': 'delete',
    'retention.bytes': '-1',
    'min.insync.replicas': String(replication >= 3 ? 2 : 1),
    'unclean.leader.election.enable': 'false',
  };
  const log = {
    ...durable,
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': String(retentionMs),
    'segment.bytes': String(segmentBytes),
    'segment.ms': String(Math.max(60_000, Math.min(retentionMs, 86_400_000))),
    // Producers may send any codec; the broker packs anew what came otherwise, so that every reader can read it.
    'compression.type': STORED_CODEC,
    'max.message.bytes': String(LEAST_TOPIC_BYTES),
  };
  const deadLetters = {
    ...durable,
    'retention.ms': '-1',
    'compression.type': STORED_CODEC,
    'max.message.bytes': String(LEAST_DEAD_LETTER_BYTES),
  };
  return [
    { name: options.topic, partitions, replication, config: log },
    { name: options.deadLetterTopic, partitions, replication, config: deadLetters },
  ];
}

/**
 * The most that any layer takes of a key or of a value: the log's limit is of packed bytes, and one megabyte may unpack
 * to a thousand. Every reader of the log cuts at the same byte, so a longer value is the same dead letter for all of
 * them, and the letter keeps its beginning.
 */
export const GREATEST_PART_BYTES = GREATEST_TOPIC_BYTES;

/** The bytes, or a copy of their beginning that does not hold the rest in memory. */
export function withinLimit<T extends Buffer | null>(bytes: T): T | Buffer {
  return bytes === null || bytes.length <= GREATEST_PART_BYTES
    ? bytes
    : Buffer.from(bytes.subarray(0, GREATEST_PART_BYTES));
}

export type Headers = readonly (readonly [name: string, value: Buffer])[];

/** The header of a forwarded record; its value says where the record came from. */
export function strayHeaders(record: LogRecord): Headers {
  return [[STRAY_HEADER, Buffer.from(`${record.partition}/${record.offset}`)]];
}

const GREATEST_KEPT_HEADERS_BYTES = 32_768;
/** More than the lengths and counts that Kafka writes around a header. */
const HEADER_OVERHEAD_BYTES = 10;

/**
 * Headers of a record that is sent home: its own, then ours. Leaves out its own headers where they are no text, which
 * Kafka's client cannot produce, or so large that the record might not fit; no reader of ours needs them.
 */
export function forwardedHeaders(record: LogRecord): LogRecord['headers'] {
  const own = record.headers.filter(([, value]) => value !== null && isUtf8(value) && !value.includes(0));
  const bytes = own.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + value!.length + HEADER_OVERHEAD_BYTES,
    0,
  );
  return bytes > GREATEST_KEPT_HEADERS_BYTES ? strayHeaders(record) : [...own, ...strayHeaders(record)];
}

const GREATEST_DETAIL_CHARACTERS = 1_000;
const DEAD_LETTER_PREFIX = '__connect.errors.';

export function deadLetterHeaders(topic: string, record: LogRecord, deadLetter: DeadLetter): Headers {
  const texts: Record<string, string> = {
    topic,
    partition: String(record.partition),
    offset: String(record.offset),
    'exception.class.name': deadLetter.reason,
    'exception.message': deadLetter.detail.slice(0, GREATEST_DETAIL_CHARACTERS),
  };
  return Object.entries(texts).map(([name, text]) => [DEAD_LETTER_PREFIX + name, Buffer.from(text)] as const);
}

/** A dead letter as its topic keeps it. Fields without a header of ours are null: another program wrote the record. */
export interface KeptLetter extends Position {
  /** When it was kept, in milliseconds. */
  readonly keptAt: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Where the record lies that was one. */
  readonly source: (Position & { readonly topic: string }) | null;
  readonly reason: string | null;
  readonly detail: string | null;
}

export function readDeadLetter({ partition, offset, stamp, key, value, headers }: LogRecord): KeptLetter {
  const texts = new Map(headers.map(([name, text]) => [name, text?.toString('utf8') ?? null]));
  const said = (name: string): string | null => texts.get(DEAD_LETTER_PREFIX + name) ?? null;
  const [topic, from, at] = [said('topic'), said('partition'), said('offset')];
  const isWhole = from !== null && at !== null && /^\d{1,9}$/.test(from) && /^\d{1,15}$/.test(at);
  return {
    partition,
    offset,
    keptAt: stamp,
    key,
    value,
    source: topic !== null && isWhole ? { topic, partition: Number(from), offset: Number(at) } : null,
    reason: said('exception.class.name'),
    detail: said('exception.message'),
  };
}

const REPLAY_HEADER = 'sightline.replay';

/** Header of a dead letter that was produced again: which one it was. */
export function replayHeader(
  deadLetterTopic: string,
  { partition, offset }: Position,
): readonly [name: string, value: Buffer] {
  return [REPLAY_HEADER, Buffer.from(`${deadLetterTopic}/${partition}/${offset}`)];
}
