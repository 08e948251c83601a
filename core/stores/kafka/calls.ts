/**
 * The callbacks of node-rdkafka as promises, with our faults for its errors.
 *
 * consumer.ts, reader.ts and producer.ts share them. `consume` calls back as soon as it has its number of records or
 * its wait passes without one, so a long wait under steady traffic would gather for a long time: waits are kept short
 * here.
 */
import type { EventEmitter } from 'node:events';
import type { KafkaConsumer, LibrdKafkaError, Message, Producer } from 'node-rdkafka';
import type { KafkaSettings } from './client-config.ts';
import { asFault } from './client-config.ts';
import { kafkaFate } from './faults.ts';

export const ANSWER_LIMIT_MS = 10_000;

/**
 * Connects; of what the client told meanwhile, what can never succeed is why it failed, not that no broker was reached
 * by it.
 */
export function connected(client: KafkaConsumer | Producer, settings: KafkaSettings): Promise<void> {
  let refusal: LibrdKafkaError | null = null;
  const hear = (error: LibrdKafkaError): void => {
    if (kafkaFate(error.code) === 'refuse') refusal ??= error;
  };
  // Both kinds of client emit it; their types of listeners have nothing in common.
  const events = client as unknown as EventEmitter;
  events.on('event.error', hear);
  return new Promise((resolve, reject) => {
    client.connect({ topic: settings.KAFKA_TOPIC, timeout: ANSWER_LIMIT_MS }, (error: LibrdKafkaError | null) => {
      events.off('event.error', hear);
      if (error) reject(asFault(settings, refusal ?? error));
      else resolve();
    });
  });
}

export function disconnected(client: KafkaConsumer | Producer): Promise<void> {
  return new Promise((resolve) => {
    if (client.isConnected()) client.disconnect(() => resolve());
    else resolve();
  });
}

export interface Consumed {
  readonly error: LibrdKafkaError | null;
  readonly messages: Message[];
}

export const NOTHING: Consumed = { error: null, messages: [] };

/** Up to `limit` messages: waits up to `waitMs` for each that is not there yet. An error comes without messages. */
export function consumed(consumer: KafkaConsumer, limit: number, waitMs: number): Promise<Consumed> {
  consumer.setDefaultConsumeTimeout(waitMs);
  return new Promise((resolve) => {
    consumer.consume(limit, (error: LibrdKafkaError | null, messages: Message[] | undefined) =>
      resolve({ error, messages: messages ?? [] }),
    );
  });
}

export function endsOf(
  consumer: KafkaConsumer,
  settings: KafkaSettings,
  partition: number,
): Promise<{ low: number; high: number }> {
  return new Promise((resolve, reject) => {
    consumer.queryWatermarkOffsets(settings.KAFKA_TOPIC, partition, ANSWER_LIMIT_MS, (error, offsets) => {
      if (error) reject(asFault(settings, error));
      else resolve({ low: offsets.lowOffset, high: offsets.highOffset });
    });
  });
}
