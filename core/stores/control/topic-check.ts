/**
 * Compares the topic with the recorded one, and its settings with what they must be (laws L1, L5, L10).
 *
 * recorded-rules.ts checks at every start, the speed layer's watch every few seconds, the batch layer with each
 * archiving: somebody may delete a topic, create it anew, add partitions or change settings while it is read. A Refusal
 * says what was found, what was expected and which command mends it. Faults that only threaten come back as texts to
 * report (layout/topic-settings.ts says which those are).
 */
import type { TopicFault } from '../../layout/topic-settings.ts';
import type { TopicFacts } from '../kafka/types.ts';
import type { Rules } from '../../domain/rules.ts';
import type { GrowthRecord } from './growth-rows.ts';
import { partitionsEver } from '../../domain/growth.ts';
import { faultText, topicFaults } from '../../layout/topic-settings.ts';
import { EXIT, Refusal } from '../../process/errors.ts';

/** Throws unless this is the very topic whose offsets were recorded; `facts` is null if it does not exist. */
export function checkLife(topic: string, facts: TopicFacts | null, recordedId: string): asserts facts is TopicFacts {
  if (facts?.topicId === recordedId) return;
  const because = facts
    ? 'it was created anew, so its offsets mean other records than those that were counted'
    : 'it was deleted, with every record that was not archived';
  throw new Refusal(
    EXIT.data_check_failed,
    `Topic ${topic} has id ${facts?.topicId ?? 'none'}, recorded was ${recordedId}: ${because}. ` +
      'Point KAFKA_TOPIC at the old topic, or begin anew: "sightline prepare" with another HBASE_NAMESPACE, ' +
      'SIGHTLINE_ROOT and KAFKA_GROUP keeps the old data; on one machine "sightline cluster reset" deletes it.',
  );
}

/** Throws if the topic has partitions that nobody recorded, or lacks some. A growth under way is no fault. */
export function checkPartitions(
  topic: string,
  found: number,
  rules: Rules,
  { growths, growingTo }: GrowthRecord,
): void {
  const recorded = partitionsEver({ ...rules, growths });
  if (found >= recorded && found <= Math.max(recorded, growingTo ?? 0)) return;
  throw new Refusal(
    EXIT.data_check_failed,
    `Topic ${topic} has ${found} partitions, recorded were ${recorded}: ids would get other home partitions. ` +
      'Add partitions with "sightline topic grow" only. Restore the recorded count, or begin anew with ' +
      '"sightline cluster reset".',
  );
}

/** `since`: when the settings were last right, if that is known. Returns what this layer reports and goes on with. */
export function checkSettings(
  facts: TopicFacts,
  leastRetention: number,
  layer: 'speed' | 'batch',
  since?: number,
): string[] {
  const faults = topicFaults(facts, leastRetention);
  const stopping = faults.filter((fault) => isStopping(fault, layer));
  if (stopping.length === 0) return faults.map((fault) => faultText(fault, facts.brokers));
  const when = since === undefined ? '' : ` This was changed after ${new Date(since).toISOString()}.`;
  throw new Refusal(
    EXIT.data_check_failed,
    stopping.map((fault) => `${faultText(fault, facts.brokers)}.${when}`).join('\n'),
  );
}

function isStopping({ stops }: TopicFault, layer: 'speed' | 'batch'): boolean {
  return stops === 'both layers' || (stops === 'the speed layer' && layer === 'speed');
}
