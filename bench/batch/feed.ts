/**
 * Records for a bench: detections as cameras send them, a tenth of them twice, put into a topic as fast as it takes them.
 *
 * The same number gives the same records. Ids lie beyond 2^53; places, cameras and items are those of a city; the log's own clock
 * stamps them, so an epoch of a bench is the day on which it runs.
 */
import rdkafka from 'node-rdkafka';
import type { Config } from '../../core/process/config.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';

const ITEMS = ['person', 'bicycle', 'car', 'van', 'bus', 'lorry', 'dog', 'scooter', 'pram', 'suitcase'];
const FIRST_ID = 9_007_199_254_740_993n;
const COPY_EVERY = 11;
/** Copies come after so many other detections. */
const COPY_DISTANCE = 2_000;
const QUEUE_PAUSE_MS = 5;

export function valueOf(n: number, beganAt: number): string {
  const place = (n * 7_919) % 400;
  const item = ITEMS[(n * 31) % ITEMS.length]!;
  return (
    `{"geographical_location_oid":${place},"video_camera_oid":${place * 10 + (n % 10)},"detection_oid":${FIRST_ID + BigInt(n)},` +
    `"item_name":"${item}","timestamp_detected":${beganAt + Math.floor(n / 10)}}`
  );
}

/** Sends `records` in all, of which one in eleven is a copy; resolves when all are acknowledged. */
export async function feedTopic(config: Config, records: number): Promise<void> {
  const producer = new rdkafka.Producer({
    'metadata.broker.list': config.KAFKA_BROKERS,
    'linger.ms': 20,
    'batch.num.messages': 10_000,
    'queue.buffering.max.messages': 200_000,
  });
  await new Promise<void>((resolve, reject) => producer.connect({}, (error) => (error ? reject(error) : resolve())));
  const beganAt = Date.now() - records / 10;
  const send = async (n: number): Promise<void> => {
    const id = String(FIRST_ID + BigInt(n));
    const home = homeOf(oid(id), config.KAFKA_PARTITIONS);
    for (;;) {
      try {
        producer.produce(config.KAFKA_TOPIC, home, Buffer.from(valueOf(n, beganAt)), id);
        return;
      } catch (fault) {
        if ((fault as { code?: number }).code !== rdkafka.CODES.ERRORS.ERR__QUEUE_FULL) throw fault;
        producer.poll();
        await new Promise((resolve) => setTimeout(resolve, QUEUE_PAUSE_MS));
      }
    }
  };
  let n = 0;
  for (let sent = 0; sent < records; sent++) await send(sent % COPY_EVERY === COPY_EVERY - 1 ? Math.max(0, n - COPY_DISTANCE) : n++);
  await new Promise<void>((resolve, reject) => producer.flush(60_000, (error) => (error ? reject(error) : resolve())));
  await new Promise<void>((resolve) => producer.disconnect(() => resolve()));
}
