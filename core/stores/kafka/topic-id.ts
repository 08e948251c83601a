/**
 * Kafka's id of a topic, which tells it from a later topic of the same name (its log life).
 *
 * kafkajs uses versions of the metadata request that are older than topic ids, so this file asks this one question
 * itself, over a connection that it closes after the answer.
 *
 *   request   size:i32 | api_key:i16=3 api_version:i16=10 correlation:i32 client_id:i16+bytes tags:uv=0
 *             | topics:uv(n+1) (topic_id:16 name:uv(len+1)+bytes tags:uv)* auto_create:i8 ops:i8 ops:i8 tags:uv
 *   answer    size:i32 correlation:i32 tags:uv | throttle:i32 brokers:uv(n+1) (id:i32 host:uv+ port:i32 rack:uv+ tags)*
 *             cluster_id:uv+ controller:i32 topics:uv(n+1) (error:i16 name:uv+ topic_id:16 …)
 *   uv = unsigned varint, uv+ = length + 1 then the bytes (0 stands for null)
 * Source: the Kafka protocol guide, Metadata API, version 10.
 */
import type { HostPort } from '../../process/host-port.ts';
import { readVarint, varintBytes, writeVarint } from '../../layout/varint.ts';
import { parseHostPorts } from '../../process/host-port.ts';
import { messageOf, Refusal, Retryable } from '../../process/errors.ts';
import { kafkaFault } from './faults.ts';
import type { KafkaSettings } from './client-config.ts';
import type { KafkaAccess } from '../../process/kafka-access.ts';
import { connectBroker } from './sign-in.ts';

const ANSWER_LIMIT_MS = 5_000;

/** 32 hexadecimal digits. Asks the brokers in turn; throws a Retryable if none answers. */
export async function topicIdOf(
  { KAFKA_BROKERS: brokers, KAFKA_ACCESS: access }: Omit<KafkaSettings, 'KAFKA_TOPIC'>,
  topic: string,
): Promise<string> {
  let last = 'no broker was named';
  for (const broker of parseHostPorts(brokers) ?? []) {
    try {
      return topicIdIn(await askBroker(broker, access, metadataRequest(topic)));
    } catch (thrown) {
      if (thrown instanceof Refusal) throw thrown;
      last = `${broker}: ${messageOf(thrown)}`;
    }
  }
  throw new Retryable('Kafka', `no broker returned the id of topic ${topic}; the last one answered: ${last}`);
}

export function metadataRequest(topic: string): Buffer {
  const client = Buffer.from('sightline');
  const name = Buffer.from(topic);
  const head = Buffer.alloc(10);
  head.writeInt16BE(3, 0);
  head.writeInt16BE(10, 2);
  head.writeInt32BE(1, 4);
  head.writeInt16BE(client.length, 8);
  const body = Buffer.concat([
    head,
    client,
    Buffer.from([0, 2]),
    Buffer.alloc(16),
    varint(name.length + 1),
    name,
    Buffer.from([0, 0, 0, 0, 0]),
  ]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

/** Reads the topic's id out of an answer (without its size). Throws on a truncated one or an error code. */
export function topicIdIn(answer: Buffer): string {
  let at = 4;
  const uv = (): number => {
    const value = readVarint(answer, at);
    at += varintBytes(value);
    return value;
  };
  const skipText = (): void => {
    const bytes = Math.max(0, uv() - 1);
    at += bytes;
  };
  uv();
  at += 4;
  for (let brokers = uv() - 1; brokers > 0; brokers--) {
    at += 4;
    skipText();
    at += 4;
    skipText();
    uv();
  }
  skipText();
  at += 4;
  if (uv() < 2) throw new RangeError('the answer names no topic');
  const error = answer.readInt16BE(at);
  at += 2;
  skipText();
  if (error !== 0) throw kafkaFault('Kafka', error, `the broker answered with error code ${error}`);
  if (at + 16 > answer.length) throw new RangeError('the answer ends before the topic id');
  return answer.toString('hex', at, at + 16);
}

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(varintBytes(value));
  writeVarint(bytes, 0, value);
  return bytes;
}

/** One request over a connection of its own; the answer without its size. */
export async function askBroker(broker: HostPort, access: KafkaAccess | undefined, request: Buffer): Promise<Buffer> {
  const socket = await connectBroker(broker, access, { timeoutMs: ANSWER_LIMIT_MS });
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return;
      resolve(answer.subarray(4, 4 + answer.readInt32BE(0)));
      socket.destroy();
    });
    socket.write(request);
  });
}
