/**
 * Fills a topic as fast as Kafka takes it with what cameras send: places and items with a skew, copies near and far,
 * few of them by producers that know no home.
 *
 * The generator is seeded, so that two runs publish the same records but for their ids and times. In a backlog times of
 * detection lie as if the records had come at `ratePerSecond` up to now, so that its cells are not those of one busy
 * minute.
 */
import { setTimeout as pause } from 'node:timers/promises';
import rdkafka from 'node-rdkafka';
import type { Config } from '../../core/process/config.ts';

export interface TrafficPlan {
  readonly detections: number;
  /** Share of the detections that are sent again. */
  readonly copies: number;
  readonly places: number;
  readonly items: number;
  readonly ratePerSecond: number;
}

const STRAY_EVERY = 50;
const FARTHEST_COPY = 200_000;

/** A producer that sends each key to its home. */
export async function openProducer(
  config: Config,
  settings: Partial<rdkafka.ProducerGlobalConfig> = {},
): Promise<rdkafka.Producer> {
  const producer = new rdkafka.Producer(
    {
      'metadata.broker.list': config.KAFKA_BROKERS,
      'queue.buffering.max.messages': 1_000_000,
      'linger.ms': 5,
      ...settings,
    },
    { partitioner: 'murmur2_random' } as rdkafka.ProducerTopicConfig,
  );
  await new Promise<void>((resolve, reject) => producer.connect({}, (error) => (error ? reject(error) : resolve())));
  // A record that was delivered leaves the queue when its report is fetched; without that the millionth would be the
  // last.
  producer.setPollInterval(100);
  return producer;
}

const TELL_EVERY = 250_000;

/** Resolves with the number of records once all are acknowledged; `told` hears of every quarter of a million. */
export async function fillTopic(
  config: Config,
  plan: TrafficPlan,
  told: (sent: number) => void = () => undefined,
): Promise<number> {
  const producer = await openProducer(config, { 'linger.ms': 20, 'batch.size': 500_000 });
  const beganMs = Date.now() - (plan.detections / plan.ratePerSecond) * 1_000;
  let sent = 0;
  for (const [key, value] of recordsOf(plan, (i) => Math.floor(beganMs + (i / plan.ratePerSecond) * 1_000))) {
    while (!produced(producer, config.KAFKA_TOPIC, key, value)) await pause(10);
    if (++sent % 5_000 === 0) await pause(0);
    if (sent % TELL_EVERY === 0) told(sent);
  }
  await new Promise<void>((resolve, reject) => producer.flush(60_000, (error) => (error ? reject(error) : resolve())));
  await new Promise((resolve) => producer.disconnect(resolve));
  return sent;
}

/** Publishes at the plan's rate, as of now, in slices of so many milliseconds, until told to stop. */
export async function publishSteadily(
  config: Config,
  plan: Omit<TrafficPlan, 'detections'>,
  sliceMs: number,
  signal: AbortSignal,
): Promise<void> {
  const producer = await openProducer(config);
  const records = recordsOf({ ...plan, detections: Number.MAX_SAFE_INTEGER }, () => Date.now());
  const beganMs = performance.now();
  for (let sent = 0; !signal.aborted; await pause(sliceMs)) {
    const due = ((performance.now() - beganMs) / 1_000) * plan.ratePerSecond;
    for (; sent < due; sent++) {
      const { value: record } = records.next();
      producer.produce(config.KAFKA_TOPIC, null, record![1], record![0]);
    }
  }
  await new Promise((resolve) => producer.disconnect(resolve));
}

/** False while the queue is full. */
function produced(producer: rdkafka.Producer, topic: string, key: string | null, value: Buffer): boolean {
  try {
    producer.produce(topic, null, value, key);
    return true;
  } catch (fault) {
    if (/queue full/i.test(String(fault))) return false;
    throw fault;
  }
}

/** `timeOf`: when the i-th detection was made. */
export function* recordsOf(
  { detections, copies, places, items }: TrafficPlan,
  timeOf: (i: number) => number,
): Generator<[key: string | null, value: Buffer], undefined> {
  const random = mulberry32(17);
  const skewed = (count: number): number => Math.floor(count * random() ** 2);
  const waiting: { dueAt: number; key: string; value: Buffer }[] = [];
  const firstId = BigInt(Date.now()) << 22n;
  let copied = 0;
  for (let i = 0; i < detections; i++) {
    const key = String(firstId + BigInt(i));
    const place = 1 + skewed(places);
    const value = Buffer.from(
      `{"geographical_location_oid":${place},"video_camera_oid":${place * 10 + (i % 10)},"detection_oid":${key},` +
        `"item_name":"item ${skewed(items)}","timestamp_detected":${timeOf(i)}}`,
    );
    yield [key, value];
    if (random() < copies) waiting.push({ dueAt: i + Math.floor(FARTHEST_COPY * random() ** 4), key, value });
    while (waiting.length > 0 && (waiting[0]!.dueAt <= i || i === detections - 1)) {
      const copy = waiting.shift()!;
      yield [++copied % STRAY_EVERY === 0 ? null : copy.key, copy.value];
    }
  }
}

/** Source: mulberry32 by Tommy Ettinger (public domain). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
