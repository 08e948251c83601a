/**
 * Watches the log while a worker runs: what can go wrong with a topic behind a consumer's back.
 *
 * main.ts looks before the first record, worker.ts from time to time beside its rounds. A look throws a Refusal if a
 * rebuild has replaced the worker's generation, or if the topic was created anew, got partitions, got settings that
 * miscount, lost records that were still to be read, or has no dead-letter topic any more: a consumer would show a
 * partition that stands still or, worse, wrong counts. A look throws a Retryable while Kafka does not answer. Settings
 * that only threaten records are reported.
 */
import type { ControlStore } from '../core/stores/control/control.ts';
import type { Log } from '../core/process/log.ts';
import type { LogAdmin } from '../core/stores/kafka/types.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import type { RecordedRules } from '../core/stores/control/rules-rows.ts';
import { EXIT, Refusal, Retryable } from '../core/process/errors.ts';
import { brokenRange, isBroken } from '../core/stores/kafka/broken-range.ts';
import { checkLife, checkSettings } from '../core/stores/control/topic-check.ts';
import { checkCount } from './partitions.ts';

export interface WatchPorts {
  readonly topic: string;
  readonly rules: RecordedRules;
  readonly admin: Pick<LogAdmin, 'facts' | 'ends'>;
  readonly control: Pick<ControlStore, 'rules' | 'growth'>;
  /** Of the partitions that the worker holds. */
  readonly progress: ReadonlyMap<number, Progress>;
  readonly leastRetentionMs: number;
  /** Hears of each look what threatens; no texts: nothing does. */
  readonly warn: (threats: readonly string[]) => void;
  readonly now: () => number;
}

export interface LogWatch {
  /** Checks the log once; compares with what it saw before. */
  look(): Promise<void>;
  /** Why the last look had no answer, or null. */
  waitingFor(): string | null;
}

export function logWatch({ topic, rules, admin, control, warn, now, ...ports }: WatchPorts): LogWatch {
  let suspects: ReadonlyMap<number, number> = new Map();
  let wasRightAt: number | undefined;
  let waitingFor: string | null = null;
  const check = async (): Promise<void> => {
    const recorded = await control.rules();
    if (recorded && recorded.generation > rules.generation) throw oldGeneration(rules.generation, recorded.generation);
    const askedAt = now();
    const facts = await admin.facts();
    checkLife(topic, facts, rules.topicId);
    checkCount(topic, facts.partitionCount, rules, await control.growth(rules.generation));
    warn(checkSettings(facts, ports.leastRetentionMs, 'speed', wasRightAt));
    wasRightAt = askedAt;
    const before = new Map(ports.progress);
    const broken = new Map<number, number>();
    for (const end of await admin.ends()) {
      const progress = before.get(end.partition);
      if (!progress || !isBroken(progress.nextOffset, end)) continue;
      // Records that were fetched before Kafka deleted them are still on their way: broken only if nothing moves.
      if (suspects.get(end.partition) === progress.nextOffset)
        throw brokenRange(topic, end.partition, progress.nextOffset, end);
      broken.set(end.partition, progress.nextOffset);
    }
    suspects = broken;
  };
  return {
    async look() {
      try {
        await check();
        waitingFor = null;
      } catch (fault) {
        if (fault instanceof Retryable) waitingFor = `waiting for Kafka: ${fault.message}`;
        throw fault;
      }
    },
    waitingFor: () => waitingFor,
  };
}

/** Logs what threatens when it changes, not with each look. */
export function threatLog(log: Pick<Log, 'warn' | 'info'>, count: (threats: number) => void): WatchPorts['warn'] {
  let lastText = '';
  return (threats) => {
    count(threats.length);
    const text = threats.join('\n');
    if (text !== lastText && text !== '') log.warn({ threats }, 'the topics are not configured as they should be');
    else if (text !== lastText) log.info('the topics are configured as they should be again');
    lastText = text;
  };
}

/** The exit code makes a supervisor start the worker again; it then begins at the new generation's progress. */
function oldGeneration(own: number, recorded: number): Refusal {
  return new Refusal(
    EXIT.dependency_down,
    `A rebuild has switched from generation ${own} to ${recorded}, and this worker counts for the old one. ` +
      'Start it again.',
  );
}
