/** What an exporter shows, and what it says when Kafka does not answer: for command.ts and for `sightline observe`. */
import type { Log } from '../../core/process/log.ts';

export interface Shown {
  readonly hasTopic: (topic: string) => boolean;
  readonly hasGroup: (group: string) => boolean;
}

export const ALL_SHOWN: Shown = { hasTopic: () => true, hasGroup: () => true };

export interface Filters {
  readonly topics: RegExp;
  readonly exceptTopics: RegExp;
  readonly groups: RegExp;
  readonly exceptGroups: RegExp;
}

export function shownBy({ topics, exceptTopics, groups, exceptGroups }: Filters): Shown {
  return {
    hasTopic: (topic) => topics.test(topic) && !exceptTopics.test(topic),
    hasGroup: (group) => groups.test(group) && !exceptGroups.test(group),
  };
}

export function loggedFault(log: Log): (because: string | null) => void {
  return (because) =>
    because === null
      ? log.info('Kafka answers everything again')
      : log.warn({ because }, 'Kafka did not answer everything');
}
