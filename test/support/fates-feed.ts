/**
 * Records for every fate that a record can have, stamped over the last five days: each reason of a dead letter, ticks,
 * strays, deferred detections, copies just within W and just beyond it, and transactions.
 *
 * Kafka stamps by the broker's clock, so these records are written with the producer's stamps (CreateTime), and the
 * topic is set back to LogAppendTime before any reader begins.
 */
import kafkajs from 'kafkajs';
import type { DeadLetterReason } from '../../core/domain/dead-letters.ts';
import { DEAD_LETTER_REASONS } from '../../core/domain/dead-letters.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { GREATEST_STRAY_BYTES, STRAY_HEADER, TICK_HEADER } from '../../core/domain/verdict.ts';
import type { Config } from '../../core/process/config.ts';

/** Of the topic's settings as `prepare` makes them. */
const STAMP_TYPE = 'message.timestamp.type';
const REACH_MS = 3 * DAY_MS;
const ORDINARY = 400;

export interface FatesFeed {
  /** How many records are deferred, and how many copies there are besides strays that come home. */
  readonly deferred: number;
  readonly beyondReach: number;
}

export async function feedFates(config: Config): Promise<FatesFeed> {
  const kafka = new kafkajs.Kafka({ brokers: config.KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
  await setStamps(kafka, config.KAFKA_TOPIC, 'CreateTime');
  const messages = fates(config.KAFKA_PARTITIONS, Date.now() - 5 * DAY_MS);
  messages.sort((one, other) => Number(one.timestamp) - Number(other.timestamp));
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const careful = kafka.producer({ transactionalId: config.KAFKA_TOPIC, maxInFlightRequests: 1, idempotent: true });
  await Promise.all([producer.connect(), careful.connect()]);
  const { KAFKA_TOPIC: topic, KAFKA_PARTITIONS: partitions } = config;
  try {
    for (const together of requestsOf(messages)) await producer.send({ topic, acks: -1, messages: together });
    const last = Date.now() - DAY_MS / 2;
    for (const isGood of [true, false]) {
      const transaction = await careful.transaction();
      const ghosts = range(partitions).map((partition) =>
        message(partition, last, detection(partition, partitions, last)),
      );
      await transaction.send({ topic, acks: -1, messages: ghosts });
      await (isGood ? transaction.commit() : transaction.abort());
    }
  } finally {
    await Promise.all([producer.disconnect(), careful.disconnect()]);
  }
  await setStamps(kafka, topic, 'LogAppendTime');
  return { deferred: partitions, beyondReach: partitions };
}

/** A large message goes alone: a request is as large as a message may be. */
function requestsOf(messages: readonly kafkajs.Message[]): kafkajs.Message[][] {
  const requests: kafkajs.Message[][] = [[]];
  for (const message of messages) {
    if ((message.value?.length ?? 0) < GREATEST_STRAY_BYTES) requests.at(-1)!.push(message);
    else requests.push([message], []);
  }
  return requests.filter((request) => request.length > 0);
}

async function setStamps(kafka: kafkajs.Kafka, topic: string, type: 'CreateTime' | 'LogAppendTime'): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic };
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
  const entries = resources[0]!.configEntries
    .filter(({ isDefault, configName }) => !isDefault && configName !== STAMP_TYPE)
    .map(({ configName, configValue }) => ({ name: configName, value: configValue }));
  const configEntries = [...entries, { name: STAMP_TYPE, value: type }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] });
  await admin.disconnect();
}

let nextId = 9_107_199_254_740_993n + BigInt(process.pid) * 1_000_000n;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

interface Seen {
  readonly id: string;
  readonly item?: string;
  readonly at: number;
}

/** An id whose home is this partition. */
function idAt(partition: number, partitions: number): string {
  for (;;) {
    const id = String(nextId++);
    if (homeOf(oid(id), partitions) === partition) return id;
  }
}

const valueOf = ({ id, item = '"car"', at }: Seen, more = ''): Buffer =>
  Buffer.from(
    `{"geographical_location_oid":${Number(BigInt(id) % 7n)},"video_camera_oid":3,"detection_oid":${id},` +
      `"item_name":${item},"timestamp_detected":${at}${more}}`,
  );

const detection = (partition: number, partitions: number, at: number): Buffer =>
  valueOf({ id: idAt(partition, partitions), at });

const message = (
  partition: number,
  stamp: number,
  value: Buffer | null,
  headers?: kafkajs.IHeaders,
): kafkajs.Message => ({
  partition,
  key: Buffer.from([partition, 255]),
  value,
  timestamp: String(stamp),
  ...(headers ? { headers } : {}),
});

function fates(partitions: number, first: number): kafkajs.Message[] {
  const messages: kafkajs.Message[] = [];
  for (const home of range(partitions)) {
    const away = (home + 1) % partitions;
    const at = (days: number): number => first + Math.floor(days * DAY_MS);
    for (const i of range(ORDINARY)) {
      const stamp = at((i / ORDINARY) * 4.5);
      const value = valueOf({
        id: idAt(home, partitions),
        item: i % 5 === 0 ? '"自転車"' : '"van"',
        at: stamp - 1_000,
      });
      messages.push(message(i % 10 === 0 ? away : home, stamp, value));
      if (i % 7 === 0) messages.push(message(home, stamp, value));
      if (i % 90 === 0) messages.push(message(home, stamp, Buffer.alloc(0), { [TICK_HEADER]: '1' }));
    }
    const early = valueOf({ id: idAt(home, partitions), at: at(1) });
    for (const stamp of [at(1), at(1) + REACH_MS]) messages.push(message(home, stamp, early));
    const twice = valueOf({ id: idAt(home, partitions), at: at(1) });
    for (const stamp of [at(1), at(1) + REACH_MS + 1]) messages.push(message(home, stamp, twice));
    messages.push(message(home, at(3), valueOf({ id: idAt(home, partitions), at: at(1) - 60_000 })));
    for (const reason of Object.keys(DEAD_LETTER_REASONS) as DeadLetterReason[])
      messages.push(deadLetter(reason, { home, away, partitions, stamp: at(2) }));
  }
  return messages;
}

function deadLetter(
  reason: DeadLetterReason,
  { home, away, partitions, stamp }: { home: number; away: number; partitions: number; stamp: number },
): kafkajs.Message {
  const id = idAt(home, partitions);
  const sound = valueOf({ id, at: stamp });
  const values: Readonly<Record<DeadLetterReason, Buffer | null>> = {
    tombstone: null,
    empty_value: Buffer.alloc(0),
    byte_order_mark: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), sound]),
    bad_utf8: Buffer.from([0x7b, 0xff, 0x7d]),
    not_json: Buffer.from('{"half'),
    not_an_object: Buffer.from('[1]'),
    duplicate_field: valueOf({ id, at: stamp }, ',"item_name":"van"'),
    lone_surrogate: valueOf({ id, at: stamp, item: '"\\ud800"' }),
    missing_field: Buffer.from(`{"detection_oid":${id}}`),
    wrong_type: valueOf({ id, at: stamp, item: '5' }),
    out_of_range: valueOf({ id: '9223372036854775808', at: stamp }),
    item_name_length: valueOf({ id, at: stamp, item: '""' }),
    ahead_of_arrival: valueOf({ id, at: stamp + DAY_MS + 60_000 }),
    stray_not_at_home: sound,
    too_large_to_forward: valueOf({ id, at: stamp }, `,"note":"${'x'.repeat(GREATEST_STRAY_BYTES)}"`),
  };
  if (reason === 'stray_not_at_home') return message(away, stamp, sound, { [STRAY_HEADER]: '0/0' });
  return message(reason === 'too_large_to_forward' ? away : home, stamp, values[reason]);
}
