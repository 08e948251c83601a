/**
 * Where a moment lies in the log: by partition, the first offset with this stamp or a later one, and what the log
 * holds.
 *
 * `sightline trace` begins its reading there. It is a hint: a broker's clock may have stepped back, so a reader that
 * must not miss a record begins somewhat earlier.
 */
import type { Config } from '../../process/config.ts';
import type { LogEnds } from './types.ts';
import { kafkaJsFault } from './faults.ts';
import { kafkaJsClient } from './kafkajs-client.ts';

export interface MomentInLog extends LogEnds {
  /** Of the first record with the stamp or a later one; `high` if there is none. */
  readonly offset: number;
}

/** In the order of the partitions' numbers. */
export async function offsetsAt(
  settings: Pick<Config, 'KAFKA_BROKERS' | 'KAFKA_TOPIC'> & Partial<Pick<Config, 'KAFKA_ACCESS'>>,
  t: number,
): Promise<MomentInLog[]> {
  const { KAFKA_TOPIC: topic } = settings;
  const admin = kafkaJsClient(settings, 'sightline.trace', 30_000).admin();
  try {
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(topic);
    const at = new Map(
      (await admin.fetchTopicOffsetsByTimestamp(topic, t)).map(({ partition, offset }) => [partition, Number(offset)]),
    );
    return ends
      .map(({ partition, low, high }) => ({
        partition,
        low: Number(low),
        high: Number(high),
        offset: Math.max(Number(low), at.get(partition) ?? Number(low)),
      }))
      .sort((a, b) => a.partition - b.partition);
  } catch (thrown) {
    throw kafkaJsFault(`Kafka, topic ${topic}`, thrown);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
