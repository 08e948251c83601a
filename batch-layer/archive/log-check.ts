/**
 * Checks that the topic is still the recorded one and has the settings that it needs, while it is archived (laws L5,
 * L9, L10).
 *
 * archive.ts checks before it reads, every 15 seconds while it reads, and after the last record. If Kafka may have
 * removed records of an epoch, or given them other stamps than LogAppendTime, the epoch is not published. A setting
 * that only may cause harm later is logged as a warning: what is archived is safe from it. A rebuild reads raw files
 * and skips these checks.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { LogReader, TopicFacts } from '../../core/stores/kafka/types.ts';
import type { BatchContext } from '../context.ts';
import { startOf } from '../../core/domain/epoch.ts';
import { leastRetentionMs, setCommand } from '../../core/layout/topic-settings.ts';
import { checkLife, checkPartitions, checkSettings } from '../../core/stores/control/topic-check.ts';

export interface LogCheck {
  /** Throws a Refusal if the topic is another one or has settings that it must not have. */
  run(): Promise<void>;
  /** The same reader, which runs the check again when it is due. */
  wrap(reader: LogReader): LogReader;
  /** Logs a warning if Kafka may soon delete records of these partitions that are not archived yet. */
  warnOfExpiry(epoch: Epoch, partitions: readonly { partition: number; arrival: Instant }[]): void;
}

const CHECK_EVERY_MS = 15_000;
/** Records that are older than this share of the retention and not archived cause a warning. */
const NEAR_EXPIRY = 0.75;

type Context = Pick<BatchContext, 'admin' | 'control' | 'rules' | 'settings' | 'log' | 'fromArchive'>;

export function logCheck(context: Context, now: () => number = Date.now): LogCheck {
  const { admin, control, rules, settings, log } = context;
  let topicFacts: TopicFacts | null = null;
  let checkedAt: number | undefined;
  let lastWarning = '';
  const run = async (): Promise<void> => {
    if (context.fromArchive === true) return;
    const began = now();
    const facts = await admin.facts();
    checkLife(admin.topic, facts, rules.topicId);
    checkPartitions(admin.topic, facts.partitionCount, rules, await control.growth(rules.generation));
    const threats = checkSettings(
      facts,
      leastRetentionMs(rules.epochSeconds, settings.archiveEveryMs),
      'batch',
      checkedAt,
    );
    topicFacts = facts;
    checkedAt = began;
    const text = threats.join('\n');
    if (text !== lastWarning && text !== '') log.warn({ threats }, 'the topics are not configured as they should be');
    lastWarning = text;
  };
  return {
    run,
    wrap: (reader) => ({
      ...reader,
      async *read(partition, from, signal) {
        for await (const batch of reader.read(partition, from, signal)) {
          if (now() - (checkedAt ?? 0) >= CHECK_EVERY_MS) await run();
          yield batch;
        }
      },
    }),
    warnOfExpiry(epoch, partitions) {
      if (topicFacts === null || topicFacts.retentionMs < 0) return;
      const { brokers, topic, retentionMs } = topicFacts;
      // A record that is not archived arrived after those that are, and not before the epoch began.
      const latest = now() - NEAR_EXPIRY * retentionMs;
      const old = partitions.filter(({ arrival }) => Math.max(arrival, startOf(epoch, rules)) < latest);
      if (old.length === 0) return;
      log.warn(
        `Partitions ${old.map(({ partition }) => partition).join(', ')} of topic ${topic} may hold records that are ` +
          `not archived and that Kafka soon deletes (retention.ms=${retentionMs}). Keep them until then: ` +
          setCommand(brokers, topic, 'retention.ms', String(2 * retentionMs)),
      );
    },
  };
}
