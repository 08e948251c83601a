/**
 * Corrects the settings of existing topics that the layers would refuse, one at a time, and prints each.
 *
 * prepare.ts calls it. The operator decides how long the log keeps records, and a lower limit would refuse records that
 * producers send today: for such faults it throws a Refusal that names the command.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { TopicFault } from '../../core/layout/topic-settings.ts';
import type { Config } from '../../core/process/config.ts';
import type { LogAdmin, TopicFacts } from '../../core/stores/kafka/types.ts';
import { faultText, leastRetentionMs, topicFaults } from '../../core/layout/topic-settings.ts';
import { EXIT, Refusal, Retryable } from '../../core/process/errors.ts';

type Say = (who: string, what: string) => void;

const SEEN_LIMIT_MS = 10_000;

/** Sets what the layers would refuse, and waits until it is to be seen; throws a Refusal for what is left. */
export async function mendTopics(config: Config, admin: LogAdmin, facts: TopicFacts, say: Say): Promise<void> {
  const faultsOf = (found: TopicFacts): TopicFault[] =>
    topicFaults(found, leastRetentionMs(config.EPOCH_SECONDS, config.ARCHIVE_EVERY_SECONDS * 1_000));
  let faults = faultsOf(facts);
  for (const { topic, setting, found, value, isMended, left } of faults) {
    if (!isMended || value === null) continue;
    await admin.configure(topic, { [setting]: value });
    say('kafka', `topic ${topic}: ${setting} was ${found} and is ${value} now${left ? `. ${left}` : ''}`);
  }
  for (const giveUpAt = Date.now() + SEEN_LIMIT_MS; faults.some(({ isMended }) => isMended); await pause(200)) {
    if (Date.now() > giveUpAt) throw new Retryable('Kafka', 'the topics and their settings are not to be seen yet');
    const found = await admin.facts();
    if (found) faults = faultsOf(found);
  }
  if (faults.length > 0)
    throw new Refusal(EXIT.data_check_failed, faults.map((fault) => faultText(fault, facts.brokers)).join('\n'));
}
