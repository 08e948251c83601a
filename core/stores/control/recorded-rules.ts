/**
 * The recorded rules against this process's configuration and the topic as it is (law L10).
 *
 * Every process checks them before it does anything else. The very first process records them, by check-and-put, so
 * that two first processes agree. On a difference the process refuses to start and names both values and the remedy,
 * because two processes with different rules would count differently in silence.
 */
import type { Config } from '../../process/config.ts';
import type { ControlStore } from './control.ts';
import type { LogAdmin, TopicFacts } from '../kafka/types.ts';
import type { Epoch } from '../../domain/epoch.ts';
import type { GrowthRecord } from './growth-rows.ts';
import type { RecordedRules } from './rules-rows.ts';
import { endOf, epochAt } from '../../domain/epoch.ts';
import { storeNameOf } from '../../process/store-settings.ts';
import { setCommand } from '../../layout/topic-settings.ts';
import { EXIT, Refusal } from '../../process/errors.ts';
import { checkLife, checkPartitions } from './topic-check.ts';

/**
 * The rules that hold; records generation 1 if there are none. Throws a Refusal if they differ from the configuration.
 */
export async function readRules(config: Config, admin: LogAdmin, control: ControlStore): Promise<RecordedRules> {
  const facts = await topicFacts(config, admin);
  if (config.REBUILD_GENERATION !== undefined)
    return checkRules(await rulesOfRebuild(config.REBUILD_GENERATION, control), config, facts, control);
  const recorded = (await control.rules()) ?? (await control.recordRules(await newRules(config, facts, admin)));
  if (recorded.moving) throw movingRefusal(config, recorded.moving);
  return checkRules(recorded, config, facts, control);
}

/** The recorded rules, whatever the configuration says: for a rebuild, which may be there to change them. */
export async function rulesAsRecorded(config: Config, admin: LogAdmin, control: ControlStore): Promise<RecordedRules> {
  const facts = await topicFacts(config, admin);
  const recorded = await control.rules();
  if (!recorded)
    throw new Refusal(EXIT.nothing_to_do, 'No rules are recorded, so nothing was counted or published yet');
  if (recorded.moving === 'away') throw movingRefusal(config, recorded.moving);
  return withGrowth(recorded, config, facts, control);
}

function movingRefusal(config: Config, moving: 'here' | 'away'): Refusal {
  const own = storeNameOf(config);
  const other = config.STORES === 'cassandra' ? 'hbase' : 'cassandra';
  return new Refusal(
    EXIT.usage,
    moving === 'away'
      ? `The counts have moved from ${own} to the other store. Set STORES=${other}. ` +
          `To move them back, rebuild into an empty ${own}: another HBASE_NAMESPACE or CASSANDRA_KEYSPACE.`
      : `The move to ${own} is not finished: "STORES=${config.STORES} sightline batch rebuild --from-store ${other}" ` +
          'goes on with it. Until it has switched, nobody counts here.',
  );
}

async function rulesOfRebuild(generation: number, control: ControlStore): Promise<RecordedRules> {
  const rules = await control.rebuilding(generation);
  if (rules) return rules;
  throw new Refusal(
    EXIT.usage,
    `REBUILD_GENERATION is ${generation}, and no rebuild of that generation is under way. Leave the variable out.`,
  );
}

async function topicFacts(config: Config, admin: LogAdmin): Promise<TopicFacts> {
  const facts = await admin.facts();
  if (!facts) {
    throw new Refusal(
      EXIT.usage,
      `Topic ${config.KAFKA_TOPIC} does not exist at ${config.KAFKA_BROKERS}, or this user may not see it; ` +
        '"sightline prepare" creates topics, tables and folders, and "sightline doctor --layer" checks rights',
    );
  }
  return facts;
}

async function newRules(config: Config, facts: TopicFacts, admin: LogAdmin): Promise<RecordedRules> {
  // Check before recording: otherwise the first epoch would follow from the clocks of producers.
  checkClock(config, facts);
  const ends = await admin.ends();
  return {
    generation: 1,
    logLife: 1,
    epochSeconds: config.EPOCH_SECONDS,
    dedupWindowDays: config.DEDUP_WINDOW_DAYS,
    clockAheadDays: config.CLOCK_AHEAD_DAYS,
    partitionCount: facts.partitionCount,
    firstEpoch: await firstEpoch(config, facts, admin),
    firstOffsets: ends.map(({ low }) => low),
    topicId: facts.topicId,
  };
}

/** The epoch of the log's oldest record, found by halving; of now, if the log is empty. */
async function firstEpoch(config: Config, facts: TopicFacts, admin: LogAdmin): Promise<number> {
  const length = { epochSeconds: config.EPOCH_SECONDS };
  const now = epochAt(Date.now(), length);
  if (!(await admin.holdsBefore(endOf(now, length)))) return now;
  const heldMs = facts.retentionMs > 0 ? facts.retentionMs + facts.segmentMs + 86_400_000 : Date.now();
  let without = Math.max(-1, epochAt(Date.now() - heldMs, length) - 1);
  let holding: number = now;
  while (holding - without > 1) {
    const middle = Math.floor((holding + without) / 2);
    if (await admin.holdsBefore(endOf(middle as Epoch, length))) holding = middle;
    else without = middle;
  }
  return holding;
}

async function checkRules(
  recorded: RecordedRules,
  config: Config,
  facts: TopicFacts,
  control: ControlStore,
): Promise<RecordedRules> {
  const differences = [
    difference('EPOCH_SECONDS', recorded.epochSeconds, config),
    difference('DEDUP_WINDOW_DAYS', recorded.dedupWindowDays, config),
    difference('CLOCK_AHEAD_DAYS', recorded.clockAheadDays, config),
  ].filter((line) => line !== null);
  if (differences.length > 0) {
    throw new Refusal(
      EXIT.usage,
      `This configuration is not the recorded one:\n${differences.join('\n')}\n` +
        'Set the recorded values, or record these with "sightline config change", which publishes every epoch anew ' +
        'from the archive.',
    );
  }
  return withGrowth(recorded, config, facts, control);
}

/** Reads the growth after the topic's facts: `topic grow` records partitions before it adds them. */
async function withGrowth(
  recorded: RecordedRules,
  config: Config,
  facts: TopicFacts,
  control: ControlStore,
): Promise<RecordedRules> {
  const growth = await control.growth(recorded.generation);
  const rules: RecordedRules = { ...recorded, growths: growth.growths };
  checkTopic(rules, growth, config, facts);
  return rules;
}

function checkTopic(recorded: RecordedRules, growth: GrowthRecord, config: Config, facts: TopicFacts): void {
  const topic = config.KAFKA_TOPIC;
  checkLife(topic, facts, recorded.topicId);
  checkPartitions(topic, facts.partitionCount, recorded, growth);
  checkClock(config, facts);
}

function checkClock({ KAFKA_TOPIC: topic, KAFKA_BROKERS: brokers }: Config, { isLogAppendTime }: TopicFacts): void {
  if (isLogAppendTime) return;
  throw new Refusal(
    EXIT.data_check_failed,
    `Topic ${topic} does not stamp records with LogAppendTime, so an epoch would go by the clocks of producers. ` +
      'Mend it with "sightline prepare", or with ' +
      setCommand(brokers, topic, 'message.timestamp.type', 'LogAppendTime'),
  );
}

/** Only a variable that is set can differ: one that is not set takes the recorded value. */
function difference(
  name: 'EPOCH_SECONDS' | 'DEDUP_WINDOW_DAYS' | 'CLOCK_AHEAD_DAYS',
  recorded: number,
  config: Config,
): string | null {
  return recorded === config[name] || !config.given.has(name)
    ? null
    : `  ${name} is ${config[name]}, recorded was ${recorded}`;
}
