/**
 * Where a worker begins in the partitions that the group gives it, and what it forgets of those that it gives back.
 *
 * The consumer awaits these hooks between takes, so no round is in flight. A partition begins at its progress row, or where the
 * generation begins; a log that starts after that or ends before it is refused.
 */
import type { Rules } from '../core/domain/rules.ts';
import type { ControlStore, Progress } from '../core/stores/control.ts';
import type { GroupHooks, LogAdmin } from '../core/stores/kafka/types.ts';
import type { Holdings, RoundPorts } from './round.ts';
import { arrivalBefore } from '../core/domain/eras.ts';
import { NO_TALLIES } from '../core/domain/tallies.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';
import { brokenRange, isBroken } from '../core/stores/kafka/broken-range.ts';

export interface PartitionPorts {
  readonly topic: string;
  readonly rules: Rules & { readonly growingTo?: number | undefined };
  readonly control: Pick<ControlStore, 'progress'>;
  readonly admin: Pick<LogAdmin, 'ends'>;
  readonly persist: RoundPorts['persist'];
}

export function partitionHooks(ports: PartitionPorts, holdings: Holdings): GroupHooks {
  return {
    async assigned(partitions) {
      const { rules, topic } = ports;
      const beyond = partitions.filter((partition) => partition >= rules.partitionCount);
      if (beyond.length > 0 && Math.max(...beyond) >= (rules.growingTo ?? 0)) throw tooManyPartitions(topic, Math.max(...beyond) + 1, rules.partitionCount);
      for (const partition of beyond) holdings.halted.add(partition);
      const starts = await startsOf(ports, partitions.filter((partition) => partition < rules.partitionCount));
      for (const start of starts) holdings.progress.set(start.partition, start);
      return [...starts.map(({ partition, nextOffset }) => ({ partition, offset: nextOffset })), ...beyond.map((partition) => ({ partition, offset: 0 }))];
    },
    async revoked(partitions) {
      for (const partition of partitions) {
        holdings.progress.delete(partition);
        holdings.halted.delete(partition);
        holdings.counts.drop(partition);
      }
    },
  };
}

async function startsOf(ports: PartitionPorts, partitions: readonly number[]): Promise<Progress[]> {
  const { topic, rules, control, admin, persist } = ports;
  const found = await persist(() => control.progress(rules.generation, partitions));
  // Asked for after the progress, so that a log that grows meanwhile does not seem to end before it.
  const ends = new Map((await persist(() => admin.ends())).map((end) => [end.partition, end]));
  return partitions.map((partition, i) => {
    const start = found[i] ?? { partition, nextOffset: rules.firstOffsets[partition] ?? 0, arrival: arrivalBefore(partition, rules), tallies: NO_TALLIES };
    const end = ends.get(partition) ?? { low: 0, high: 0 };
    if (isBroken(start.nextOffset, end)) throw brokenRange(topic, partition, start.nextOffset, end);
    return start;
  });
}

export function tooManyPartitions(topic: string, found: number, recorded: number): Refusal {
  return new Refusal(
    EXIT.data_check_failed,
    `Topic ${topic} has at least ${found} partitions, recorded were ${recorded}: the home of ids would change. Partitions must not be ` +
      'added by hand; restore the recorded count or begin anew with "sightline cluster reset".',
  );
}
