/**
 * Whether the log is still the one that was recorded, and set as it must be, asked while it is archived (laws L5, L9,
 * L10).
 *
 * archive.ts asks before it reads, every some seconds while it reads, and behind the last record: an epoch whose
 * records may carry other stamps than the log's, or of which Kafka removed some, is not published. What only threatens
 * is told and does not stop the archive, since what is archived is safe from it. A rebuild reads raw files and asks
 * nothing.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { LogReader, TopicFacts } from '../../core/stores/kafka/types.ts';
import type { BatchContext } from '../context.ts';
import { startOf } from '../../core/domain/epoch.ts';
import { leastRetentionMs, setCommand } from '../../core/layout/topic-settings.ts';
import { checkLife, checkPartitions, checkSettings } from '../../core/stores/control/topic-check.ts';

export interface LogCheck {
  /** Throws a Refusal if the log is not what it must be. */
  now(): Promise<void>;
  /** The same reader, which looks again when it is time. */
  watched(reader: LogReader): LogReader;
  /**
   * Tells of records that are not archived and that Kafka may delete soon, by where reading of the epoch is to go on.
   */
  tellWhatExpires(epoch: Epoch, waiting: readonly { partition: number; arrival: Instant }[]): void;
}

const LOOK_EVERY_MS = 15_000;
/** Of the retention: what is older and not archived is told. */
const NEAR_ITS_END = 0.75;

type Context = Pick<BatchContext, 'admin' | 'control' | 'rules' | 'settings' | 'log' | 'fromArchive'>;

export function logCheck(context: Context, now: () => number = Date.now): LogCheck {
  const { admin, control, rules, settings, log } = context;
  let found: TopicFacts | null = null;
  let wasRightAt: number | undefined;
  let told = '';
  const look = async (): Promise<void> => {
    if (context.fromArchive === true) return;
    const askedAt = now();
    const facts = await admin.facts();
    checkLife(admin.topic, facts, rules.topicId);
    checkPartitions(admin.topic, facts.partitionCount, rules, await control.growth(rules.generation));
    const threats = checkSettings(
      facts,
      leastRetentionMs(rules.epochSeconds, settings.archiveEveryMs),
      'batch',
      wasRightAt,
    );
    found = facts;
    wasRightAt = askedAt;
    const text = threats.join('\n');
    if (text !== told && text !== '') log.warn({ threats }, 'the topics are not configured as they should be');
    told = text;
  };
  return {
    now: look,
    watched: (reader) => ({
      ...reader,
      async *read(partition, from, signal) {
        for await (const batch of reader.read(partition, from, signal)) {
          if (now() - (wasRightAt ?? 0) >= LOOK_EVERY_MS) await look();
          yield batch;
        }
      },
    }),
    tellWhatExpires(epoch, waiting) {
      if (found === null || found.retentionMs < 0) return;
      const { brokers, topic, retentionMs } = found;
      // What waits arrived after what is archived, and not before the epoch began.
      const latest = now() - NEAR_ITS_END * retentionMs;
      const old = waiting.filter(({ arrival }) => Math.max(arrival, startOf(epoch, rules)) < latest);
      if (old.length === 0) return;
      log.warn(
        `Partitions ${old.map(({ partition }) => partition).join(', ')} of topic ${topic} may hold records that are not archived and that Kafka ` +
          `soon deletes (retention.ms=${retentionMs}). Until they are: ${setCommand(brokers, topic, 'retention.ms', String(2 * retentionMs))}`,
      );
    },
  };
}
