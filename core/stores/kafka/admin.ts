/**
 * Topics and their ends, by kafkajs: what no hot path does.
 *
 * The set-up creates topics here and mends their settings, serving asks for the log's ends, and both layers check that
 * the topic is the recorded one and has the right settings. The first question opens one connection, which is kept.
 */
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Admin } from 'kafkajs';
import type { Config } from '../../process/config.ts';
import type { LogAdmin, LogEnds, TopicFacts } from './types.ts';
import type { TopicSettings } from '../../layout/topic-settings.ts';
import { topicPlans } from '../../layout/log.ts';
import { EXIT, Refusal, Retryable } from '../../process/errors.ts';
import { codesIn, kafkaJsFault, UNKNOWN_TOPIC } from './faults.ts';
import { kafkaJsClient } from './kafkajs-client.ts';
import { newestEnds } from './newest-ends.ts';
import { configureTopic } from './topic-configs.ts';
import { topicIdOf } from './topic-id.ts';
import { inTime } from '../../process/in-time.ts';

const { ConfigResourceTypes } = kafkajs;

type Settings = Pick<
  Config,
  | 'KAFKA_BROKERS'
  | 'KAFKA_TOPIC'
  | 'KAFKA_DEAD_LETTER_TOPIC'
  | 'KAFKA_PARTITIONS'
  | 'KAFKA_REPLICATION'
  | 'KAFKA_RETENTION_HOURS'
  | 'KAFKA_SEGMENT_MB'
> &
  Partial<Pick<Config, 'KAFKA_ACCESS'>>;

export function logAdmin(config: Settings): LogAdmin {
  const kafka = kafkaJsClient(config, 'sightline.admin', 10_000);
  let open: Promise<Admin> | null = null;
  const ask = async <T>(question: (admin: Admin) => Promise<T>): Promise<T> => {
    const connection = (open ??= connect(kafka.admin()));
    try {
      return await withinLimit(connection.then(question));
    } catch (thrown) {
      // A connection that failed, or never answers, is left behind; the next question opens another one.
      if (open === connection) open = null;
      void connection.then((admin) => admin.disconnect()).catch(() => undefined);
      throw kafkaJsFault(`Kafka at ${config.KAFKA_BROKERS}`, thrown);
    }
  };
  const topic = config.KAFKA_TOPIC;
  /** A question about the topic. If no broker lists the topic it is deleted, which is a Refusal; else it is new. */
  const askOfTopic = async <T>(question: (admin: Admin) => Promise<T>): Promise<T> => {
    try {
      return await ask(question);
    } catch (fault) {
      if (fault instanceof Retryable && codesIn(fault.cause).includes(UNKNOWN_TOPIC) && (await isGone(ask, topic)))
        throw topicGone(config);
      throw fault;
    }
  };
  const newest = newestEnds(kafka, topic);
  return {
    topic,
    ensureTopics: () => ask((a) => ensureTopics(a, config)),
    facts: () => ask((a) => factsOf(a, config)),
    configure: (name, settings) => configureTopic(config, name, settings),
    grow: (count) => askOfTopic((a) => grow(a, topic, count)),
    ends: () => askOfTopic((a) => endsOf(a, topic)),
    async newestEnds() {
      try {
        return await askOfTopic(() => newest.ask());
      } catch (fault) {
        void newest.close();
        throw fault;
      }
    },
    holdsBefore: (t) => askOfTopic((a) => holdsBefore(a, topic, t)),
    close: async () => {
      await newest.close();
      await (await open?.catch(() => null))?.disconnect();
    },
  };
}

const ANSWER_LIMIT_MS = 15_000;
const GONE_LOOKS = 3;

/** Asks several times, since a broker that has just started knows little. */
async function isGone(ask: <T>(question: (admin: Admin) => Promise<T>) => Promise<T>, topic: string): Promise<boolean> {
  for (let look = 0; look < GONE_LOOKS; look++) {
    if (look > 0) await pause(1_000);
    if ((await ask((admin) => admin.listTopics())).includes(topic)) return false;
  }
  return true;
}

function topicGone({ KAFKA_TOPIC, KAFKA_BROKERS }: Settings): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `Topic ${KAFKA_TOPIC} does not exist any more at ${KAFKA_BROKERS}: it was deleted. Point KAFKA_TOPIC or ` +
      'KAFKA_BROKERS at the one that was counted, or begin anew: "sightline prepare" with another HBASE_NAMESPACE, ' +
      'SIGHTLINE_ROOT and KAFKA_GROUP; on one machine "sightline cluster reset".',
  );
}

async function connect(admin: Admin): Promise<Admin> {
  await admin.connect();
  return admin;
}

/** kafkajs has limits of its own, but sometimes forgets a question when a broker goes away. */
function withinLimit<T>(answer: Promise<T>): Promise<T> {
  return inTime(answer, ANSWER_LIMIT_MS, () => {
    throw new Error(`no answer within ${ANSWER_LIMIT_MS / 1_000} s`);
  });
}

async function ensureTopics(admin: Admin, config: Settings): Promise<'created' | 'existed'> {
  const plans = topicPlans({
    topic: config.KAFKA_TOPIC,
    deadLetterTopic: config.KAFKA_DEAD_LETTER_TOPIC,
    partitions: config.KAFKA_PARTITIONS,
    replication: config.KAFKA_REPLICATION,
    retentionMs: config.KAFKA_RETENTION_HOURS * 3_600_000,
    segmentBytes: config.KAFKA_SEGMENT_MB * 1_048_576,
  });
  const wanted = plans.map((plan) => ({
    topic: plan.name,
    numPartitions: plan.partitions,
    replicationFactor: plan.replication,
    configEntries: Object.entries(plan.config).map(([name, value]) => ({ name, value })),
  }));
  try {
    return (await admin.createTopics({ waitForLeaders: true, topics: wanted })) ? 'created' : 'existed';
  } catch (thrown) {
    if (!isUnknownTopic(thrown)) throw thrown;
    // Created, but the broker that kafkajs asked for leaders has not heard of it yet.
    await untilListed(
      admin,
      wanted.map(({ topic }) => topic),
    );
    return 'created';
  }
}

function isUnknownTopic(thrown: unknown): boolean {
  return thrown instanceof Error && 'type' in thrown && thrown.type === 'UNKNOWN_TOPIC_OR_PARTITION';
}

async function untilListed(admin: Admin, topics: readonly string[]): Promise<void> {
  for (const giveUpAt = Date.now() + ANSWER_LIMIT_MS; Date.now() < giveUpAt; await pause(100)) {
    const listed = new Set(await admin.listTopics());
    if (topics.every((topic) => listed.has(topic))) return;
  }
  throw new Error(`the broker does not list ${topics.join(', ')} yet`);
}

async function factsOf(admin: Admin, config: Settings): Promise<TopicFacts | null> {
  const { KAFKA_TOPIC: topic, KAFKA_DEAD_LETTER_TOPIC: deadLetterTopic } = config;
  const listed = await admin.listTopics();
  if (!listed.includes(topic)) return null;
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const [settings, deadLetterSettings] = await settingsOf(
    admin,
    listed.includes(deadLetterTopic) ? [topic, deadLetterTopic] : [topic],
  );
  const ms = (name: string): number => Number(settings!.get(name));
  return {
    brokers: config.KAFKA_BROKERS,
    topic,
    topicId: await topicIdOf(config, topic),
    partitionCount: topics[0]?.partitions.length ?? 0,
    isLogAppendTime: settings!.get('message.timestamp.type') === 'LogAppendTime',
    retentionMs: ms('retention.ms'),
    segmentMs: ms('segment.ms'),
    deletionDelayMs: ms('file.delete.delay.ms'),
    settings: settings!,
    deadLetterTopic,
    deadLetterSettings: deadLetterSettings ?? null,
  };
}

async function settingsOf(admin: Admin, topics: readonly string[]): Promise<TopicSettings[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  const entries = new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
  return topics.map(
    (topic) => new Map((entries.get(topic) ?? []).map(({ configName, configValue }) => [configName, configValue])),
  );
}

async function grow(admin: Admin, topic: string, count: number): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  if ((topics[0]?.partitions.length ?? count) >= count) return;
  await admin.createPartitions({ topicPartitions: [{ topic, count }] });
}

async function endsOf(admin: Admin, topic: string): Promise<LogEnds[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets
    .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
    .sort((a, b) => a.partition - b.partition);
}

async function holdsBefore(admin: Admin, topic: string, t: number): Promise<boolean> {
  const ends = new Map((await endsOf(admin, topic)).map((end) => [end.partition, end]));
  const atT = await admin.fetchTopicOffsetsByTimestamp(topic, t);
  return atT.some(({ partition, offset }) => Number(offset) > (ends.get(partition)?.low ?? 0));
}
