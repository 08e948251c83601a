/**
 * Records for the speed layer's contract, with the truth about them: copies by every kind of producer, poison, deferred
 * ones, ticks, and transactions that were committed and aborted.
 *
 * The truth is kept in sets and sums, by what was sent and not by what our code makes of it.
 */
import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import type { Config } from '../../core/process/config.ts';

export interface SpeedFeed {
  /** Distinct ids that must be counted. */
  readonly counted: Set<string>;
  readonly deferred: Set<string>;
  /** "place item minute" → how many detections. */
  readonly counts: Map<string, number>;
  /** Poison as sent: key and value, hexadecimal; null is 'null'. */
  readonly poison: string[];
  /** Records in the log that readers of committed records see, without those that workers add. */
  records: number;
  ticks: number;
  strays: number;
  send(detections: number): Promise<void>;
  close(): Promise<void>;
}

const ITEMS = ['car', 'person', 'Lastwagen', '自転車', 'x'.repeat(300)];
const POISON: readonly (Buffer | null)[] = [
  null,
  Buffer.alloc(0),
  Buffer.from('{"half'),
  Buffer.from([0xff, 0x00, 0xfe]),
  Buffer.from('{"detection_oid":1,"detection_oid":2}'),
];
const DAY_MS = 86_400_000;

export async function speedFeed(config: Config): Promise<SpeedFeed> {
  const kafka = new kafkajs.Kafka({ brokers: config.KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const careful = kafka.producer({
    transactionalId: `${config.KAFKA_TOPIC}-feed`,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await Promise.all([producer.connect(), careful.connect()]);
  const topic = config.KAFKA_TOPIC;
  const partitions = config.KAFKA_PARTITIONS;
  let nextId = 9_007_199_254_740_993n + BigInt(randomBytes(4).readUInt32BE());
  const feed: SpeedFeed = {
    counted: new Set(),
    deferred: new Set(),
    counts: new Map(),
    poison: [],
    records: 0,
    ticks: 0,
    strays: 0,
    async send(detections) {
      for (let left = detections; left > 0; left -= 2_000) {
        const messages = Array.from({ length: Math.min(left, 2_000) }, (_, i) => messagesOf(i)).flat();
        await producer.send({ topic, acks: -1, messages });
        feed.records += messages.length;
        await inTransactions();
      }
    },
    close: async () => void (await Promise.all([producer.disconnect(), careful.disconnect()])),
  };

  const messagesOf = (i: number): kafkajs.Message[] => {
    if (i % 50 === 0) return [poison(i / 50)];
    if (i % 199 === 0) {
      feed.ticks++;
      return [{ partition: i % partitions, key: null, value: Buffer.alloc(0), headers: { 'sightline.tick': '1' } }];
    }
    const { id, home, value } = newDetection(i % 97 === 0 ? 2 * DAY_MS + 60_000 : i % 1_000);
    const atHome = { partition: home, key: id, value };
    const away = { partition: (home + 1) % partitions, key: i % 2 === 0 ? id : null, value };
    const sent = i % 10 === 0 ? [away] : i % 10 < 4 ? [atHome, away, atHome] : [atHome];
    feed.strays += sent.filter((message) => message === away).length;
    return sent;
  };
  const newDetection = (ageMs: number): { id: string; home: number; value: string } => {
    const id = String(nextId++);
    const place = Number(nextId % 23n);
    const item = ITEMS[Number(nextId % 5n)]!;
    const at = Date.now() - ageMs;
    if (ageMs > 2 * DAY_MS) feed.deferred.add(id);
    else {
      feed.counted.add(id);
      const cell = `${place} ${item} ${Math.floor(at / 60_000)}`;
      feed.counts.set(cell, (feed.counts.get(cell) ?? 0) + 1);
    }
    const value = `{"geographical_location_oid":${place},"video_camera_oid":3,"detection_oid":${id},"item_name":"${item}","timestamp_detected":${at}}`;
    return { id, home: homeOf(oid(id), partitions), value };
  };
  const poison = (i: number): kafkajs.Message => {
    const value = POISON[i % POISON.length]!;
    const key = i % 2 === 0 ? null : Buffer.from([0, 255, i]);
    feed.poison.push(`${key?.toString('hex') ?? 'null'} ${value?.toString('hex') ?? 'null'}`);
    return { partition: i % partitions, key, value };
  };
  /** One that counts and one that never was; both leave markers in the log. */
  const inTransactions = async (): Promise<void> => {
    const good = await careful.transaction();
    const { id, home, value } = newDetection(0);
    await good.send({ topic, acks: -1, messages: [{ partition: home, key: id, value }] });
    await good.commit();
    feed.records += 1;
    const bad = await careful.transaction();
    const never = `{"geographical_location_oid":1,"video_camera_oid":3,"detection_oid":${String(nextId++)},"item_name":"ghost","timestamp_detected":1}`;
    await bad.send({ topic, acks: -1, messages: [{ partition: 0, key: null, value: never }] });
    await bad.abort();
  };
  return feed;
}
