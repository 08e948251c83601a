/** A topic and its dead-letter topic as `prepare` makes them, for tests that change one thing. */
import type { TopicFacts } from '../../core/stores/kafka/types.ts';
import { topicPlans } from '../../core/layout/log.ts';

const RETENTION_MS = 7 * 86_400_000;
const [log, deadLetters] = topicPlans({
  topic: 'detections',
  deadLetterTopic: 'detections.dlq',
  partitions: 4,
  replication: 1,
  retentionMs: RETENTION_MS,
  segmentBytes: 536_870_912,
});

export const SOUND_TOPIC: TopicFacts = {
  brokers: '127.0.0.1:9092',
  topic: 'detections',
  topicId: 'a',
  partitionCount: 4,
  isLogAppendTime: true,
  retentionMs: RETENTION_MS,
  segmentMs: 86_400_000,
  deletionDelayMs: 60_000,
  settings: new Map(Object.entries(log!.config)),
  deadLetterTopic: 'detections.dlq',
  deadLetterSettings: new Map(Object.entries(deadLetters!.config)),
};

/** The same with some settings changed. */
export function otherwise(changes: Record<string, string>, deadLetterChanges: Record<string, string> = {}): TopicFacts {
  const { settings, deadLetterSettings } = SOUND_TOPIC;
  return {
    ...SOUND_TOPIC,
    settings: new Map([...settings, ...Object.entries(changes)]),
    deadLetterSettings: new Map([...deadLetterSettings!, ...Object.entries(deadLetterChanges)]),
  };
}
