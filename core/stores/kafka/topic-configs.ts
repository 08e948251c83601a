/**
 * Changes settings of a topic and leaves its other settings alone.
 *
 * kafkajs knows only the request that replaces all settings of a topic. Sending the current ones along could undo a
 * change that the asked broker has not heard of yet. So this file makes the incremental request itself, as topic-id.ts
 * makes its own.
 *
 *   request   api_key:i16=44 api_version:i16=0 correlation:i32 client_id:i16+bytes
 *             | resources:i32 (type:i8=2 name:i16+bytes configs:i32 (name:i16+bytes operation:i8=0 value:i16+bytes)*)* validate_only:i8
 *   answer    correlation:i32 | throttle:i32 resources:i32 (error:i16 message:i16+bytes type:i8 name:i16+bytes)*
 * Source: the Kafka protocol guide, IncrementalAlterConfigs API, version 0.
 */
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';
import { parseHostPorts } from '../../process/host-port.ts';
import type { KafkaSettings } from './client-config.ts';
import { askBroker } from './topic-id.ts';

/**
 * Asks the brokers in turn. Throws a Retryable if none of them answers, and a Refusal if
 * Kafka refuses the change.
 */
export async function configureTopic(
  { KAFKA_BROKERS: brokers, KAFKA_ACCESS: access }: Omit<KafkaSettings, 'KAFKA_TOPIC'>,
  topic: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  let last = 'no broker was named';
  for (const broker of parseHostPorts(brokers) ?? []) {
    try {
      return checkAnswer(await askBroker(broker, access, configRequest(topic, settings)));
    } catch (thrown) {
      if (thrown instanceof Refusal) throw thrown;
      last = `${broker}: ${messageOf(thrown)}`;
    }
  }
  throw new Retryable('Kafka', `the settings of topic ${topic} were not changed: ${last}`);
}

const SET = 0;
const TOPIC = 2;
/** Unknown topic, request timed out, not the controller: the topic is new, or a broker just began. */
const PASSING_ERRORS = [3, 7, 41];

export function configRequest(topic: string, settings: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(settings);
  const body = Buffer.concat([
    i16(44),
    i16(0),
    i32(1),
    text('sightline'),
    i32(1),
    i8(TOPIC),
    text(topic),
    i32(entries.length),
    ...entries.flatMap(([name, value]) => [text(name), i8(SET), text(value)]),
    i8(0),
  ]);
  return Buffer.concat([i32(body.length), body]);
}

/** Throws on a truncated answer or an error code. */
export function checkAnswer(answer: Buffer): void {
  if (answer.readInt32BE(8) !== 1) throw new RangeError('the answer names no topic');
  const error = answer.readInt16BE(12);
  const length = Math.max(0, answer.readInt16BE(14));
  if (16 + length > answer.length) throw new RangeError('the answer ends before its message');
  if (error === 0) return;
  const reason = answer.toString('utf8', 16, 16 + length);
  const said = `Kafka did not change the topic's settings (error code ${error}): ${reason}`;
  throw PASSING_ERRORS.includes(error) ? new RangeError(said) : new Refusal(EXIT.data_check_failed, said);
}

function i8(value: number): Buffer {
  return Buffer.from([value]);
}

function i16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([i16(Buffer.byteLength(value)), Buffer.from(value)]);
}
