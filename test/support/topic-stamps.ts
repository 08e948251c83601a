/**
 * Who stamps the records of a topic: the producer while a test writes a past or a future, the log before anybody reads.
 */
import kafkajs from 'kafkajs';
import type { Config } from '../../core/process/config.ts';

const AFTER_LIMIT = 'message.timestamp.after.max.ms';
/** Kafka 4 refuses a producer's stamp that is more than an hour ahead unless it is told otherwise. */
const FROM_PRODUCER = { 'message.timestamp.type': 'CreateTime', [AFTER_LIMIT]: '9223372036854775807' };
const FROM_LOG = { 'message.timestamp.type': 'LogAppendTime' };

/** All other settings of the topic stay. */
export async function stampTopic(config: Config, by: 'producer' | 'log'): Promise<void> {
  const brokers = config.KAFKA_BROKERS.split(',');
  const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: config.KAFKA_TOPIC };
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
  const set = resources[0]!.configEntries.filter((entry) => !entry.isDefault && entry.configName !== AFTER_LIMIT);
  const values = {
    ...Object.fromEntries(set.map(({ configName, configValue }) => [configName, configValue])),
    ...(by === 'producer' ? FROM_PRODUCER : FROM_LOG),
  };
  const configEntries = Object.entries(values).map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] });
  await admin.disconnect();
}
