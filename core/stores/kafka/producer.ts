/**
 * Produces the records that Sightline itself writes: strays sent home, dead letters, ticks (types.ts, LogProducer).
 *
 * A call resolves when all replicas have acknowledged every record of it, and throws a fault otherwise (faults.ts);
 * repeating the call at most writes copies, which the layers expect. A stray goes to its home by partition number, not
 * by a partitioner. The producer connects with the first record, since many workers never send one, and anew after
 * records that Kafka did not acknowledge: a client may have forgotten every broker (known-brokers.ts). It compresses
 * records with the one codec that every client reads. It sends large records in portions, so that Kafka acknowledges
 * each portion in time and the client's queue never fills up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LibrdKafkaError, MessageHeader } from 'node-rdkafka';
import rdkafka from 'node-rdkafka';
import type { LogProducer } from './types.ts';
import type { KafkaSettings } from './client-config.ts';
import { TICK_HEADER } from '../../domain/verdict.ts';
import { deadLetterHeaders, forwardedHeaders, GREATEST_PART_BYTES } from '../../layout/log.ts';
import { raiseLimit } from '../../layout/topic-settings.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';
import { connect, disconnect } from './calls.ts';
import { clientConfig } from './client-config.ts';
import { kafkaFault, TOPIC_REFUSED } from './faults.ts';

export interface ProducerSettings extends KafkaSettings {
  readonly KAFKA_DEAD_LETTER_TOPIC: string;
}

interface Outgoing {
  readonly topic: string;
  /** Null: any. */
  readonly partition: number | null;
  readonly key: Buffer | string | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

const DELIVERY_LIMIT_MS = 30_000;
const POLL_MS = 2;
/** Above what a record of the log has as we take it (layout/log.ts), so that the topic's own limit decides. */
const GREATEST_RECORD_BYTES = 2 * GREATEST_PART_BYTES + 16_000_000;
const PORTION_BYTES = 16_000_000;
const RECORD_OVERHEAD_BYTES = 100;
const NO_CODE = -1;

export function logProducer(settings: ProducerSettings): LogProducer {
  // A promise, since two lanes of a worker may send their first record at once; the next call repeats a failed connect.
  let connecting: Promise<Client> | null = null;
  const reachable = (): Promise<Client> =>
    (connecting ??= openProducer(settings).catch((fault: unknown) => {
      connecting = null;
      throw fault;
    }));
  const send = async (records: readonly Outgoing[]): Promise<void> => {
    if (records.length === 0) return;
    const client = await reachable();
    client.users++;
    try {
      for (const portion of portionsOf(records)) await deliver(client.producer, portion, settings.KAFKA_BROKERS);
    } catch (fault) {
      if (fault instanceof Retryable && (await connecting) === client) connecting = null;
      throw fault;
    } finally {
      client.users--;
      if (client.users === 0 && (await connecting) !== client) void disconnect(client.producer);
    }
  };
  return {
    forward: (strays) =>
      send(
        strays.map(({ record, id, home }) => ({
          topic: settings.KAFKA_TOPIC,
          partition: home,
          key: id,
          value: record.value,
          headers: forwardedHeaders(record),
        })),
      ),
    deadLetter: (letters) =>
      send(
        letters.map(({ record, deadLetter }) => ({
          topic: settings.KAFKA_DEAD_LETTER_TOPIC,
          partition: null,
          key: record.key,
          value: record.value,
          headers: deadLetterHeaders(settings.KAFKA_TOPIC, record, deadLetter),
        })),
      ),
    tick: (partitions) => send(partitions.map((partition) => tickIn(settings.KAFKA_TOPIC, partition))),
    close: async () => {
      const client = await connecting?.catch(() => null);
      if (client) await disconnect(client.producer);
    },
  };
}

function tickIn(topic: string, partition: number): Outgoing {
  return { topic, partition, key: null, value: Buffer.alloc(0), headers: [[TICK_HEADER, Buffer.from('1')]] };
}

interface Client {
  readonly producer: rdkafka.Producer;
  /** Calls that are under way. */
  users: number;
}

async function openProducer(settings: ProducerSettings): Promise<Client> {
  const producer = new rdkafka.Producer(
    {
      ...clientConfig(settings, 'sightline.producer'),
      'compression.codec': 'gzip',
      'linger.ms': 5,
      'message.max.bytes': GREATEST_RECORD_BYTES,
      dr_cb: true,
    },
    { 'request.required.acks': -1, 'message.timeout.ms': DELIVERY_LIMIT_MS },
  );
  producer.on('event.error', () => undefined);
  await connect(producer, settings);
  return { producer, users: 0 };
}

/** Gives records to the client and waits for the reports of all of them. */
async function deliver(producer: rdkafka.Producer, records: readonly Outgoing[], brokers: string): Promise<void> {
  let missing = 0;
  let fault: LibrdKafkaError | null = null;
  const call = {};
  const onReport = (error: LibrdKafkaError | null, report: { opaque?: unknown }): void => {
    if (report.opaque !== call) return;
    missing--;
    if (error) fault = error;
  };
  producer.on('delivery-report', onReport);
  try {
    for (const record of records) {
      handOver(producer, record, call, brokers);
      missing++;
    }
    const giveUpAt = Date.now() + DELIVERY_LIMIT_MS + 5_000;
    while (missing > 0 && Date.now() < giveUpAt) {
      producer.poll();
      await sleep(POLL_MS);
    }
  } finally {
    producer.off('delivery-report', onReport);
  }
  if (fault) throw deliveryFault(fault, records, brokers);
  if (missing > 0)
    throw new Retryable('Kafka', `${missing} of ${records.length} records were not acknowledged in time`);
}

function handOver(producer: rdkafka.Producer, record: Outgoing, call: object, brokers: string): void {
  const { topic, partition, key, value, headers } = record;
  const pairs: MessageHeader[] = headers.map(([name, text]) => ({ [name]: text?.toString('utf8') ?? '' }));
  try {
    producer.produce(
      topic,
      partition,
      withAddress(value),
      typeof key === 'string' ? key : withAddress(key),
      null,
      call,
      pairs,
    );
  } catch (thrown) {
    if (isTooLarge(thrown)) throw tooLarge([record], brokers);
    const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? Number(thrown.code) : null;
    throw code === null
      ? thrown
      : kafkaFault(`Kafka, topic ${topic}`, code, `a record could not be handed over: ${messageOf(thrown)}`, thrown);
  }
}

/** node-rdkafka takes an empty buffer for null, unless it lies within a longer one. */
function withAddress(bytes: Buffer | null): Buffer | null {
  return bytes?.length === 0 ? EMPTY : bytes;
}

const EMPTY = Buffer.from('.').subarray(0, 0);

function deliveryFault(error: LibrdKafkaError, records: readonly Outgoing[], brokers: string): Error {
  if (isTooLarge(error)) return tooLarge(records, brokers);
  return kafkaFault(
    `Kafka, topic ${records[0]!.topic}`,
    // A delivery report brings the text of a broker's refusal, and −1 for its code.
    error.code === NO_CODE && /authorization failed/i.test(error.message) ? TOPIC_REFUSED : error.code,
    `a record was not acknowledged: ${error.message}`,
    error,
  );
}

/** The layers check that the topics' limits allow every record, so somebody has lowered one: a person must raise it. */
function tooLarge(records: readonly Outgoing[], brokers: string): Refusal {
  const { topic } = records[0]!;
  const bytes = records.reduce((most, record) => Math.max(most, bytesOf(record)), 0);
  return new Refusal(
    EXIT.data_check_failed,
    `A record of ${bytes} bytes for topic ${topic} is larger than the topic takes. ` +
      `Raise its limit and start again: ${raiseLimit(brokers, topic, bytes)}`,
  );
}

function isTooLarge(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    'code' in thrown &&
    thrown.code === rdkafka.CODES.ERRORS.ERR_MSG_SIZE_TOO_LARGE
  );
}

function bytesOf({ key, value, headers }: Pick<Outgoing, 'key' | 'value' | 'headers'>): number {
  const own = (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES;
  return headers.reduce((sum, [name, text]) => sum + name.length + (text?.length ?? 0), own);
}

/** Up to so many bytes; a larger record goes alone. */
export function* portionsOf<T extends Pick<Outgoing, 'key' | 'value' | 'headers'>>(
  records: readonly T[],
): Generator<T[]> {
  let portion: T[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = bytesOf(record);
    if (portion.length > 0 && bytes + size > PORTION_BYTES) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(record);
    bytes += size;
  }
  if (portion.length > 0) yield portion;
}
