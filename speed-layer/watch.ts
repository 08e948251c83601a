/**
 * Watches the log while a worker runs: what can go wrong with a topic behind a consumer's back.
 *
 * worker.ts asks from time to time, beside its rounds. A generation that a rebuild has replaced ends its workers. A topic that was created anew, that was given partitions, or that lost
 * records which were still to be read would otherwise show as a partition that stands still. It throws a Refusal then, and a
 * Retryable while Kafka does not answer.
 */
import type { ControlStore, Progress, RecordedRules } from '../core/stores/control.ts';
import type { LogAdmin } from '../core/stores/kafka/types.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';
import { brokenRange, isBroken } from '../core/stores/kafka/broken-range.ts';
import { checkCount } from './partitions.ts';

/** Returns a check; the same one is to be called each time, since it compares with what it saw before. */
export function logWatch(
  topic: string,
  rules: RecordedRules,
  admin: Pick<LogAdmin, 'facts' | 'ends'>,
  control: Pick<ControlStore, 'rules' | 'growth'>,
  held: ReadonlyMap<number, Progress>,
): () => Promise<void> {
  let suspects = new Map<number, number>();
  return async () => {
    const recorded = await control.rules();
    if (recorded && recorded.generation > rules.generation) throw switched(rules.generation, recorded.generation);
    const facts = await admin.facts();
    if (facts?.topicId !== rules.topicId) throw replaced(topic, facts?.topicId ?? 'none', rules.topicId);
    checkCount(topic, facts.partitionCount, rules, await control.growth(rules.generation));
    const before = new Map(held);
    const broken = new Map<number, number>();
    for (const end of await admin.ends()) {
      const progress = before.get(end.partition);
      if (!progress || !isBroken(progress.nextOffset, end)) continue;
      // Records that were fetched before they were deleted are still on their way: broken only if nothing moves.
      if (suspects.get(end.partition) === progress.nextOffset) throw brokenRange(topic, end.partition, progress.nextOffset, end);
      broken.set(end.partition, progress.nextOffset);
    }
    suspects = broken;
  };
}

/** With the code that lets a supervisor start it again: it begins where the new generation's progress is. */
function switched(mine: number, recorded: number): Refusal {
  return new Refusal(EXIT.dependency_down, `A rebuild has switched from generation ${mine} to ${recorded}; this worker counts for the old one. Start it again.`);
}

function replaced(topic: string, found: string, recorded: string): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `Topic ${topic} now has id ${found}, recorded was ${recorded}: it was deleted, or created anew while this worker ran. Its offsets ` +
      'mean other records than the ones that were counted. Begin anew with "sightline cluster reset".',
  );
}
