/**
 * Watches the log while a worker runs: what can go wrong with a topic behind a consumer's back.
 *
 * main.ts asks before the first record, worker.ts from time to time beside its rounds. A generation that a rebuild has
 * replaced ends its workers. A topic that was created anew, that was given partitions, that was configured otherwise,
 * that lost records which were still to be read, or whose dead-letter topic is gone would otherwise show as a partition
 * that stands still or, worse, as wrong counts. It throws a Refusal then, and a Retryable while Kafka does not answer;
 * what only threatens is told.
 */
import type { ControlStore } from '../core/stores/control/control.ts';
import type { Log } from '../core/process/log.ts';
import type { LogAdmin } from '../core/stores/kafka/types.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import type { RecordedRules } from '../core/stores/control/rules-rows.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';
import { brokenRange, isBroken } from '../core/stores/kafka/broken-range.ts';
import { checkLife, checkSettings } from '../core/stores/control/topic-check.ts';
import { checkCount } from './partitions.ts';

export interface WatchOptions {
  readonly leastRetentionMs: number;
  /** Told of what threatens, with each look; no texts: nothing does. */
  readonly warn: (threats: readonly string[]) => void;
  readonly now: () => number;
}

/** Returns a check; the same one is to be called each time, since it compares with what it saw before. */
export function logWatch(
  topic: string,
  rules: RecordedRules,
  admin: Pick<LogAdmin, 'facts' | 'ends'>,
  control: Pick<ControlStore, 'rules' | 'growth'>,
  held: ReadonlyMap<number, Progress>,
  { leastRetentionMs, warn, now }: WatchOptions,
): () => Promise<void> {
  let suspects = new Map<number, number>();
  let wasRightAt: number | undefined;
  return async () => {
    const recorded = await control.rules();
    if (recorded && recorded.generation > rules.generation) throw switched(rules.generation, recorded.generation);
    const askedAt = now();
    const facts = await admin.facts();
    checkLife(topic, facts, rules.topicId);
    checkCount(topic, facts.partitionCount, rules, await control.growth(rules.generation));
    warn(checkSettings(facts, leastRetentionMs, 'speed', wasRightAt));
    wasRightAt = askedAt;
    const before = new Map(held);
    const broken = new Map<number, number>();
    for (const end of await admin.ends()) {
      const progress = before.get(end.partition);
      if (!progress || !isBroken(progress.nextOffset, end)) continue;
      // Records that were fetched before they were deleted are still on their way: broken only if nothing moves.
      if (suspects.get(end.partition) === progress.nextOffset)
        throw brokenRange(topic, end.partition, progress.nextOffset, end);
      broken.set(end.partition, progress.nextOffset);
    }
    suspects = broken;
  };
}

/** Tells what threatens when it changes, not with each look. */
export function threatLog(log: Pick<Log, 'warn' | 'info'>, count: (threats: number) => void): WatchOptions['warn'] {
  let told = '';
  return (threats) => {
    count(threats.length);
    const text = threats.join('\n');
    if (text !== told && text !== '') log.warn({ threats }, 'the topics are not configured as they should be');
    else if (text !== told) log.info('the topics are configured as they should be again');
    told = text;
  };
}

/** With the code that lets a supervisor start it again: it begins where the new generation's progress is. */
function switched(mine: number, recorded: number): Refusal {
  return new Refusal(
    EXIT.dependency_down,
    `A rebuild has switched from generation ${mine} to ${recorded}; this worker counts for the old one. Start it again.`,
  );
}
