/**
 * The recorded rules against this process's configuration and the topic as it is (law L10).
 *
 * Every process checks before it does anything else; the preparation of a new system records. A difference is a refusal that
 * names the two values and what to do, because two processes with different rules would count differently in silence.
 */
import type { Config } from '../process/config.ts';
import type { ControlStore, RecordedRules } from './control.ts';
import type { LogAdmin, TopicFacts } from './kafka/types.ts';
import { epochAt } from '../domain/epoch.ts';
import { EXIT, Refusal } from '../process/errors.ts';

/** Records the rules of generation 1 unless some are recorded, and checks what holds. The topic must exist. */
export async function recordRules(config: Config, admin: LogAdmin, control: ControlStore): Promise<RecordedRules> {
  const recorded = await control.rules();
  if (recorded) return checked(recorded, config, await admin.facts());
  const facts = await admin.facts();
  if (!facts) throw missing(config);
  const ends = await admin.ends();
  const rules = await control.recordRules({
    generation: 1,
    logLife: 1,
    epochSeconds: config.EPOCH_SECONDS,
    dedupWindowDays: config.DEDUP_WINDOW_DAYS,
    clockAheadDays: config.CLOCK_AHEAD_DAYS,
    partitionCount: facts.partitionCount,
    firstEpoch: firstEpochOf(config, facts, ends.some(({ low, high }) => high > low)),
    firstOffsets: ends.map(({ low }) => low),
    topicId: facts.topicId,
  });
  return checked(rules, config, facts);
}

/** Reads the recorded rules and checks them. Throws a Refusal if there are none or they differ. */
export async function readRules(config: Config, admin: LogAdmin, control: ControlStore): Promise<RecordedRules> {
  const recorded = await control.rules();
  if (!recorded) {
    throw new Refusal(
      EXIT.usage,
      `HBase namespace ${config.HBASE_NAMESPACE} holds no recorded rules; run "sightline prepare" once to create topics, tables and folders`,
    );
  }
  return checked(recorded, config, await admin.facts());
}

/** A log that already holds records may hold them for as long as its retention; the first epoch must not be after them. */
function firstEpochOf(config: Config, facts: TopicFacts, hasRecords: boolean): number {
  const now = Date.now();
  const heldMs = hasRecords && facts.retentionMs > 0 ? facts.retentionMs + facts.segmentMs : 0;
  return epochAt(now - heldMs, { epochSeconds: config.EPOCH_SECONDS });
}

function checked(recorded: RecordedRules, config: Config, facts: TopicFacts | null): RecordedRules {
  if (!facts) throw missing(config);
  const differences = [
    difference('EPOCH_SECONDS', recorded.epochSeconds, config.EPOCH_SECONDS),
    difference('DEDUP_WINDOW_DAYS', recorded.dedupWindowDays, config.DEDUP_WINDOW_DAYS),
    difference('CLOCK_AHEAD_DAYS', recorded.clockAheadDays, config.CLOCK_AHEAD_DAYS),
  ].filter((line) => line !== null);
  if (differences.length > 0) {
    throw new Refusal(
      EXIT.usage,
      `This configuration is not the recorded one:\n${differences.join('\n')}\n` +
        'Set the recorded values, or begin anew with "sightline cluster reset" (which deletes all data of this machine\'s stack).',
    );
  }
  checkTopic(recorded, config, facts);
  return recorded;
}

function checkTopic(recorded: RecordedRules, config: Config, facts: TopicFacts): void {
  const topic = config.KAFKA_TOPIC;
  if (facts.topicId !== recorded.topicId) {
    throw new Refusal(
      EXIT.data_check_failed,
      `Topic ${topic} has id ${facts.topicId}, recorded was ${recorded.topicId}: it was created anew, so its offsets mean other ` +
        'records than the ones that were counted. Begin anew with "sightline cluster reset", or point KAFKA_TOPIC at the old topic.',
    );
  }
  if (facts.partitionCount !== recorded.partitionCount) {
    throw new Refusal(
      EXIT.data_check_failed,
      `Topic ${topic} has ${facts.partitionCount} partitions, recorded were ${recorded.partitionCount}: the home of ids would change. ` +
        'Partitions must not be added by hand; restore the recorded count or begin anew with "sightline cluster reset".',
    );
  }
  if (!facts.isLogAppendTime) {
    throw new Refusal(
      EXIT.data_check_failed,
      `Topic ${topic} does not stamp records with LogAppendTime; set message.timestamp.type=LogAppendTime on it`,
    );
  }
}

function difference(name: string, recorded: number, configured: number): string | null {
  return recorded === configured ? null : `  ${name} is ${configured}, recorded was ${recorded}`;
}

function missing(config: Config): Refusal {
  return new Refusal(
    EXIT.usage,
    `Topic ${config.KAFKA_TOPIC} does not exist at ${config.KAFKA_BROKERS}; run "sightline prepare" once to create it`,
  );
}
