/**
 * Who is in the consumer group, by kafkajs: the engine on Spark asks before it enters, because a group has either
 * workers or one supervisor (speed-layer/spark/group.ts).
 */
import type { Config } from '../../process/config.ts';
import { kafkaJsFault } from './faults.ts';
import { kafkaJsClient } from './kafkajs-client.ts';

const ANSWER_LIMIT_MS = 10_000;

/** Returns where each member runs and what it calls itself; empty for a group that does not exist. */
export async function groupMembers(
  settings: Pick<Config, 'KAFKA_BROKERS' | 'KAFKA_GROUP'> & Partial<Pick<Config, 'KAFKA_ACCESS'>>,
): Promise<string[]> {
  const { KAFKA_BROKERS, KAFKA_GROUP } = settings;
  const admin = kafkaJsClient(settings, 'sightline.admin', ANSWER_LIMIT_MS).admin();
  try {
    await admin.connect();
    const { groups } = await admin.describeGroups([KAFKA_GROUP]);
    return groups.flatMap(({ members }) => members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost}`));
  } catch (thrown) {
    throw kafkaJsFault(`Kafka at ${KAFKA_BROKERS}`, thrown);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
