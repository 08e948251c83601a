/**
 * Produces what we write to the log ourselves: strays sent home, dead letters, ticks (types.ts, LogProducer).
 *
 * A call resolves when every record of it is acknowledged by all replicas, and throws a fault otherwise (faults.ts); doing it again at
 * most writes copies, which the layers expect. A stray goes to its home by partition number, not by any partitioner's idea of
 * its key. The connection is made with the first record, since many workers never send one. Records are compressed, with the one
 * codec that every client reads, because a record that came compressed may be too large otherwise. node-rdkafka takes header
 * values as text, so a stray's own headers that are not text are left behind; no reader of ours asks for them.
 */
import { isUtf8 } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LibrdKafkaError, MessageHeader } from 'node-rdkafka';
import rdkafka from 'node-rdkafka';
import type { LogRecord } from '../../domain/detection.ts';
import type { LogProducer } from './types.ts';
import type { KafkaSettings } from './client-config.ts';
import { TICK_HEADER } from '../../domain/verdict.ts';
import { deadLetterHeaders, strayHeaders } from '../../layout/log.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';
import { connected, disconnected } from './calls.ts';
import { clientConfig } from './client-config.ts';
import { kafkaFault } from './faults.ts';

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
const GREATEST_RECORD_BYTES = 100_000_000;

export function logProducer(settings: ProducerSettings): LogProducer {
  // A promise, since two lanes of a worker may send their first record at once; a connection that failed is made anew.
  let connecting: Promise<rdkafka.Producer> | null = null;
  const send = async (records: readonly Outgoing[]): Promise<void> => {
    if (records.length === 0) return;
    connecting ??= connectedProducer(settings).catch((fault: unknown) => {
      connecting = null;
      throw fault;
    });
    await delivered(await connecting, records);
  };
  return {
    forward: (strays) =>
      send(
        strays.map(({ record, id, home }) => ({
          topic: settings.KAFKA_TOPIC,
          partition: home,
          key: id,
          value: record.value,
          headers: [...record.headers.filter(isText), ...strayHeaders(record)],
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
      const producer = await connecting?.catch(() => null);
      if (producer) await disconnected(producer);
    },
  };
}

function tickIn(topic: string, partition: number): Outgoing {
  return { topic, partition, key: null, value: Buffer.alloc(0), headers: [[TICK_HEADER, Buffer.from('1')]] };
}

function isText([, value]: LogRecord['headers'][number]): boolean {
  return value !== null && isUtf8(value) && !value.includes(0);
}

async function connectedProducer(settings: ProducerSettings): Promise<rdkafka.Producer> {
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
  await connected(producer, settings);
  return producer;
}

/** Hands records over and waits for the reports of all of them. */
async function delivered(producer: rdkafka.Producer, records: readonly Outgoing[]): Promise<void> {
  let waitingFor = 0;
  let fault: LibrdKafkaError | null = null;
  const call = {};
  const onReport = (error: LibrdKafkaError | null, report: { opaque?: unknown }): void => {
    if (report.opaque !== call) return;
    waitingFor--;
    if (error) fault = error;
  };
  producer.on('delivery-report', onReport);
  try {
    for (const record of records) {
      handOver(producer, record, call);
      waitingFor++;
    }
    const giveUpAt = Date.now() + DELIVERY_LIMIT_MS + 5_000;
    while (waitingFor > 0 && Date.now() < giveUpAt) {
      producer.poll();
      await sleep(POLL_MS);
    }
  } finally {
    producer.off('delivery-report', onReport);
  }
  if (fault) throw undelivered(fault, records[0]!.topic);
  if (waitingFor > 0) throw new Retryable('Kafka', `${waitingFor} of ${records.length} records were not acknowledged in time`);
}

function handOver(producer: rdkafka.Producer, { topic, partition, key, value, headers }: Outgoing, call: object): void {
  const pairs: MessageHeader[] = headers.map(([name, text]) => ({ [name]: text?.toString('utf8') ?? '' }));
  try {
    producer.produce(topic, partition, withAddress(value), typeof key === 'string' ? key : withAddress(key), null, call, pairs);
  } catch (thrown) {
    const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? Number(thrown.code) : null;
    throw code === null ? thrown : kafkaFault(`Kafka, topic ${topic}`, code, `a record could not be handed over: ${messageOf(thrown)}`, thrown);
  }
}

/** node-rdkafka takes an empty buffer for null, unless it lies within a longer one. */
function withAddress(bytes: Buffer | null): Buffer | null {
  return bytes?.length === 0 ? EMPTY : bytes;
}

const EMPTY = Buffer.from('.').subarray(0, 0);

function undelivered(error: LibrdKafkaError, topic: string): Error {
  if (error.message.includes('too large')) {
    return new Refusal(
      EXIT.data_check_failed,
      `a record for topic ${topic} is larger than the topic takes; raise max.message.bytes on it and start again`,
    );
  }
  return kafkaFault(`Kafka, topic ${topic}`, error.code, `a record was not acknowledged: ${error.message}`, error);
}
