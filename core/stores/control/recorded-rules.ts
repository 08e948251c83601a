/**
 * The recorded rules against this process's configuration and the topic as it is (law L10).
 *
 * Every process checks before it does anything else; the very first one records, by check-and-put, so that two firsts
 * agree. A difference is a refusal that names the two values and what to do, because two processes with different rules
 * would count differently in silence.
 */
import type { Config } from '../../process/config.ts';
import type { ControlStore } from './control.ts';
import type { LogAdmin, TopicFacts } from '../kafka/types.ts';
import type { Epoch } from '../../domain/epoch.ts';
import type { GrowthRecord } from './growth-rows.ts';
import type { RecordedRules } from './rules-rows.ts';
import { endOf, epochAt } from '../../domain/epoch.ts';
import { setCommand } from '../../layout/topic-settings.ts';
import { EXIT, Refusal } from '../../process/errors.ts';
import { checkLife, checkPartitions } from './topic-check.ts';

/**
 * The rules that hold: recorded now, as generation 1, if none were. Throws a Refusal if they differ from the
 * configuration.
 */
export async function readRules(config: Config, admin: LogAdmin, control: ControlStore): Promise<RecordedRules> {
  const facts = await topicFacts(config, admin);
  if (config.REBUILD_GENERATION !== undefined)
    return checked(await rebuilding(config.REBUILD_GENERATION, control), config, facts, control);
  const recorded = (await control.rules()) ?? (await control.recordRules(await newRules(config, facts, admin)));
  return checked(recorded, config, facts, control);
}

/**
 * The recorded rules as they are, whatever the configuration says: for a rebuild, which may have come to change them.
 */
export async function rulesAsRecorded(config: Config, admin: LogAdmin, control: ControlStore): Promise<RecordedRules> {
  const facts = await topicFacts(config, admin);
  const recorded = await control.rules();
  if (!recorded)
    throw new Refusal(EXIT.nothing_to_do, 'No rules are recorded, so nothing was counted or published yet');
  return withGrowth(recorded, config, facts, control);
}

async function rebuilding(generation: number, control: ControlStore): Promise<RecordedRules> {
  const rules = await control.rebuilding(generation);
  if (rules) return rules;
  throw new Refusal(
    EXIT.usage,
    `REBUILD_GENERATION is ${generation}, and no such generation is being rebuilt; leave it out`,
  );
}

async function topicFacts(config: Config, admin: LogAdmin): Promise<TopicFacts> {
  const facts = await admin.facts();
  if (!facts) {
    throw new Refusal(
      EXIT.usage,
      `Topic ${config.KAFKA_TOPIC} does not exist at ${config.KAFKA_BROKERS}; "sightline prepare" creates topics, tables and folders`,
    );
  }
  return facts;
}

async function newRules(config: Config, facts: TopicFacts, admin: LogAdmin): Promise<RecordedRules> {
  // Before anything is recorded: the first epoch would follow from the clocks of producers.
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

async function checked(
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
        'Set the recorded values. "sightline config change" makes the new ones the recorded: a rebuild publishes every epoch anew from the archive.',
    );
  }
  return withGrowth(recorded, config, facts, control);
}

/** Asked for after the topic's facts: partitions are recorded before they are added. */
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
    `Topic ${topic} does not stamp records with LogAppendTime, so an epoch would go by the clocks of producers. "sightline prepare" mends it, or ` +
      setCommand(brokers, topic, 'message.timestamp.type', 'LogAppendTime'),
  );
}

/** Only what was asked for can differ: a variable that is not set takes the recorded value. */
function difference(
  name: 'EPOCH_SECONDS' | 'DEDUP_WINDOW_DAYS' | 'CLOCK_AHEAD_DAYS',
  recorded: number,
  config: Config,
): string | null {
  return recorded === config[name] || !config.given.has(name)
    ? null
    : `  ${name} is ${config[name]}, recorded was ${recorded}`;
}
