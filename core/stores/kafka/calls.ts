/**
 * The callbacks of node-rdkafka as promises, with our faults for its errors.
 *
 * consumer.ts, reader.ts and producer.ts share them. node-rdkafka's `consume` calls back when it has its number of
 * records or when its wait passes without one. With a long wait it would gather records for a long time under steady
 * traffic, so waits are short here.
 */
import type { EventEmitter } from 'node:events';
import type { KafkaConsumer, LibrdKafkaError, Message, Producer } from 'node-rdkafka';
import type { KafkaSettings } from './client-config.ts';
import { asFault } from './client-config.ts';
import { codeInLog, kafkaFate, kafkaFault } from './faults.ts';
import type { TokenSource } from './oauth-token.ts';
import { tokenSourceOf } from './oauth-token.ts';
import { nameIn } from './sign-in.ts';

export const ANSWER_LIMIT_MS = 10_000;
const LEAST_TOKEN_WAIT_MS = 200;
const TOKEN_RETRY_MS = 2_000;

/** Connects. If that fails, the reason is a fault that can never pass, where the client reported one meanwhile. */
export async function connect(client: KafkaConsumer | Producer, settings: KafkaSettings): Promise<void> {
  const source = tokenSourceOf(settings.KAFKA_ACCESS);
  if (source !== null) await keepToken(client, source);
  await connectWithin(client, settings);
}

/** Hands over a token now, and each later one ahead of the end of the one before, until the client is disconnected. */
async function keepToken(client: KafkaConsumer | Producer, source: TokenSource): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const handOver = async (): Promise<void> => {
    const { value, renewAt } = await source.token();
    client.setOauthBearerToken(value);
    timer = setTimeout(again, Math.max(LEAST_TOKEN_WAIT_MS, renewAt - Date.now()));
    timer.unref();
  };
  const again = (): void => {
    // The token at hand still holds; without a new one in time the brokers say so.
    handOver().catch(() => {
      timer = setTimeout(again, TOKEN_RETRY_MS);
      timer.unref();
    });
  };
  await handOver();
  (client as unknown as EventEmitter).once('disconnected', () => clearTimeout(timer));
}

function connectWithin(client: KafkaConsumer | Producer, settings: KafkaSettings): Promise<void> {
  let refusal: LibrdKafkaError | null = null;
  const hear = (error: LibrdKafkaError): void => {
    if (kafkaFate(error.code) === 'refuse') refusal ??= error;
  };
  // Both kinds of client emit it; their types of listeners have nothing in common.
  const events = client as unknown as EventEmitter;
  events.on('event.error', hear);
  // Only of a client with KAFKA_ACCESS.
  let inLog: { code: number; message: string } | null = null;
  const read = ({ message }: { message: string }): void => {
    const code = codeInLog(message);
    if (code !== null) inLog = { code, message };
  };
  events.on('event.log', read);
  return new Promise((resolve, reject) => {
    client.connect({ topic: settings.KAFKA_TOPIC, timeout: ANSWER_LIMIT_MS }, (error: LibrdKafkaError | null) => {
      events.off('event.error', hear);
      events.off('event.log', read);
      if (error) reject(inLog ? entryFault(settings, inLog) : asFault(settings, refusal ?? error));
      else resolve();
    });
  });
}

function entryFault({ KAFKA_BROKERS, KAFKA_ACCESS }: KafkaSettings, cause: { code: number; message: string }): Error {
  const { sasl = null } = KAFKA_ACCESS ?? {};
  const who = sasl === null ? '' : `, signing in ${nameIn(sasl)} with ${sasl.mechanism}`;
  // `[thrd:sasl_ssl://localhost:9092/bootstrap]: sasl_ssl://localhost:9092/bootstrap: SASL SCRAM-SHA-512 …: …`
  return kafkaFault(`Kafka at ${KAFKA_BROKERS}${who}`, cause.code, cause.message.replace(/^\[thrd:[^\]]*\]:\s*/, ''));
}

export function disconnect(client: KafkaConsumer | Producer): Promise<void> {
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

/** Up to `limit` messages; waits up to `waitMs` for each message. An error comes without messages. */
export async function consume(consumer: KafkaConsumer, limit: number, waitMs: number): Promise<Consumed> {
  // To node-rdkafka a number of 0 means: without end.
  if (limit === 0) return NOTHING;
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
