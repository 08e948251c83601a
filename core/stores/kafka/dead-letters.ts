/**
 * The dead-letter topic for operators: reading its letters, and producing them again.
 *
 * `sightline dlq` uses it. A reading ends where the topic ended when the reading began, so that it does not read a
 * letter that comes back meanwhile. Replays use kafkajs, whose headers and keys are bytes: values and keys leave as
 * they came. Requests are bounded, because a broker takes no batch larger than its largest record.
 */
import type { Kafka, Message, Producer } from 'kafkajs';
import type { Config } from '../../process/config.ts';
import type { KeptLetter } from '../../layout/log.ts';
import { readDeadLetter, replayHeader } from '../../layout/log.ts';
import { EXIT, Refusal } from '../../process/errors.ts';
import { kafkaJsFault } from './faults.ts';
import { COMMAND_RETRY, withRetry } from '../../process/retry.ts';
import { kafkaJsClient } from './kafkajs-client.ts';
import { logReader } from './reader.ts';

const BATCH_BYTES = 400_000;
const BATCH_LETTERS = 1_000;
/** A topic may grow while letters are replayed. */
const METADATA_AGE_MS = 2_000;

type Settings = Pick<Config, 'KAFKA_BROKERS' | 'KAFKA_TOPIC' | 'KAFKA_DEAD_LETTER_TOPIC'> &
  Partial<Pick<Config, 'KAFKA_ACCESS'>>;

/** A letter and the partition of the log that it is to go to. */
export interface Replay {
  readonly letter: KeptLetter;
  readonly home: number;
}

export interface DeadLetterLog {
  /** Every letter that is kept, partition by partition, from the first that was kept at `since` or later. */
  read(since: number, signal?: AbortSignal): AsyncIterable<KeptLetter[]>;
  /** Null if the topic holds no such letter. */
  one(partition: number, offset: number): Promise<KeptLetter | null>;
  /**
   * Produces each letter again to its home, and resolves when all replicas have acknowledged all of them. Returns those
   * that are too large for the topic with their header. Repeating it only makes copies.
   */
  replay(replays: readonly Replay[]): Promise<Replay[]>;
  close(): Promise<void>;
}

export function deadLetterLog(settings: Settings): DeadLetterLog {
  const topic = settings.KAFKA_DEAD_LETTER_TOPIC;
  const kafka = kafkaJsClient(settings, 'sightline.dlq', 30_000);
  const reader = logReader({ ...settings, KAFKA_TOPIC: topic });
  const ranges = (since: number): Promise<Range[]> => withRetry(COMMAND_RETRY, () => rangesOf(kafka, topic, since));
  let producer: Producer | null = null;
  return {
    async *read(since, signal) {
      for (const { partition, from, end } of await ranges(since)) {
        if (from >= end) continue;
        for await (const { records } of reader.read(partition, from, signal)) {
          const letters = records.filter(({ offset }) => offset < end).map(readDeadLetter);
          if (letters.length > 0) yield letters;
          if ((records.at(-1)?.offset ?? 0) + 1 >= end) break;
        }
      }
    },
    async one(partition, offset) {
      const range = (await ranges(0)).find((each) => each.partition === partition);
      if (!range || offset < range.from || offset >= range.end) return null;
      for await (const { records } of reader.read(partition, offset)) {
        const first = records[0];
        return first?.offset === offset ? readDeadLetter(first) : null;
      }
      return null;
    },
    async replay(replays) {
      const open = (producer ??= await withRetry(COMMAND_RETRY, () => connect(kafka, settings.KAFKA_BROKERS)));
      const tooLarge: Replay[] = [];
      for (const some of batchesOf(replays)) tooLarge.push(...(await sendOrSplit(open, settings, some)));
      return tooLarge;
    },
    async close() {
      await reader.close();
      await producer?.disconnect();
    },
  };
}

interface Range {
  readonly partition: number;
  readonly from: number;
  readonly end: number;
}

async function rangesOf(kafka: Kafka, topic: string, since: number): Promise<Range[]> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    if (!(await admin.listTopics()).includes(topic)) {
      throw new Refusal(
        EXIT.usage,
        `Topic ${topic} does not exist, or this user may not see it; "sightline prepare" creates it, ` +
          'KAFKA_DEAD_LETTER_TOPIC names another, and "sightline doctor --layer operator" checks rights',
      );
    }
    const ends = await admin.fetchTopicOffsets(topic);
    const begins = since > 0 ? await admin.fetchTopicOffsetsByTimestamp(topic, since) : [];
    const beginOf = new Map(begins.map(({ partition, offset }) => [partition, Number(offset)]));
    return ends
      .map(({ partition, low, high }) => ({
        partition,
        from: Math.max(Number(low), beginOf.get(partition) ?? 0),
        end: Number(high),
      }))
      .sort((a, b) => a.partition - b.partition);
  } catch (thrown) {
    throw kafkaJsFault(`Kafka, topic ${topic}`, thrown);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function connect(kafka: Kafka, brokers: string): Promise<Producer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, metadataMaxAge: METADATA_AGE_MS });
  try {
    await producer.connect();
  } catch (thrown) {
    throw kafkaJsFault(`Kafka at ${brokers}`, thrown);
  }
  return producer;
}

/** Returns what the topic does not take. A request that is too large as a whole goes again, letter by letter. */
async function sendOrSplit(producer: Producer, settings: Settings, replays: readonly Replay[]): Promise<Replay[]> {
  if (await withRetry(COMMAND_RETRY, () => send(producer, settings, replays))) return [];
  if (replays.length === 1) return [...replays];
  const tooLarge: Replay[] = [];
  for (const replay of replays) tooLarge.push(...(await sendOrSplit(producer, settings, [replay])));
  return tooLarge;
}

/** False if the topic does not take so large a request. */
async function send(producer: Producer, settings: Settings, replays: readonly Replay[]): Promise<boolean> {
  const topic = settings.KAFKA_TOPIC;
  const messages = replays.map(({ letter, home }): Message => {
    const [name, value] = replayHeader(settings.KAFKA_DEAD_LETTER_TOPIC, letter);
    return { partition: home, key: letter.key, value: letter.value, headers: { [name]: value } };
  });
  try {
    const acknowledged = new Set(
      (await producer.send({ topic, acks: -1, messages })).map(({ partition }) => partition),
    );
    // kafkajs drops, without a fault, records for a partition that it does not know yet.
    const left = replays.find(({ home }) => !acknowledged.has(home));
    if (left) throw new Error(`partition ${left.home} is not known yet`);
    return true;
  } catch (thrown) {
    if (isTooLarge(thrown)) return false;
    throw kafkaJsFault(`Kafka, topic ${topic}`, thrown);
  }
}

function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof Error && 'type' in thrown && thrown.type === 'MESSAGE_TOO_LARGE';
}

/** Up to so many bytes and letters; a large letter goes alone. */
export function* batchesOf(replays: readonly Replay[]): Generator<Replay[]> {
  let open: Replay[] = [];
  let bytes = 0;
  for (const replay of replays) {
    const size = (replay.letter.value?.length ?? 0) + (replay.letter.key?.length ?? 0) + 200;
    if (open.length > 0 && (bytes + size > BATCH_BYTES || open.length === BATCH_LETTERS)) {
      yield open;
      open = [];
      bytes = 0;
    }
    open.push(replay);
    bytes += size;
  }
  if (open.length > 0) yield open;
}
