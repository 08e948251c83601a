/**
 * Where a worker begins in the partitions that the group gives it, and what it forgets of those that it gives back.
 *
 * The consumer awaits these hooks between takes, so no round is in flight. A partition begins at its progress row, or
 * where the generation begins; with an open doubt at the beginning of that span, once a quorum answers. If the log
 * starts after the progress or ends before it, the worker stops.
 */
import type { Rules } from '../core/domain/rules.ts';
import type { Log } from '../core/process/log.ts';
import type { ControlStore } from '../core/stores/control/control.ts';
import type { Certainty } from '../core/stores/room/certainty.ts';
import type { GroupHooks, LogAdmin } from '../core/stores/kafka/types.ts';
import type { Holdings, RoundPorts } from './round-ports.ts';
import type { GrowthRecord } from '../core/stores/control/growth-rows.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import { BEFORE_ALL } from '../core/domain/arrival.ts';
import { beginningOf, withoutRereading } from '../core/domain/doubt.ts';
import { partitionsEver } from '../core/domain/growth.ts';
import { NO_TALLIES } from '../core/domain/tallies.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';
import { brokenRange, isBroken } from '../core/stores/kafka/broken-range.ts';

export interface PartitionPorts {
  readonly topic: string;
  readonly rules: Rules;
  readonly control: Pick<ControlStore, 'progress' | 'growth'>;
  readonly admin: Pick<LogAdmin, 'ends'>;
  readonly persist: RoundPorts['persist'];
  readonly certainty: Certainty;
}

export function partitionHooks(ports: PartitionPorts, holdings: Holdings): GroupHooks {
  return {
    async assigned(partitions) {
      const starts = await startsOf(ports, partitions);
      for (const start of starts) holdings.progress.set(start.partition, start);
      return starts.map(({ partition, nextOffset }) => ({ partition, offset: nextOffset }));
    },
    async revoked(partitions) {
      for (const partition of partitions) {
        holdings.progress.delete(partition);
        // mutation: revoked-counts
        holdings.counts.drop(partition);
      }
      holdings.held = new Map([...holdings.held].filter(([partition]) => holdings.progress.has(partition)));
      holdings.ahead = new Map([...holdings.ahead].filter(([partition]) => holdings.progress.has(partition)));
    },
  };
}

/** The same hooks, which also log the partitions that come and go. */
export function logHooks(hooks: GroupHooks, log: Pick<Log, 'info'>): GroupHooks {
  return {
    async assigned(partitions) {
      const starts = await hooks.assigned(partitions);
      log.info({ starts }, 'partitions came');
      return starts;
    },
    async revoked(partitions) {
      await hooks.revoked(partitions);
      log.info({ partitions }, 'partitions went');
    },
  };
}

/** Of each partition: its progress row, or where the generation begins. Throws if the log does not hold the offset. */
export async function startsOf(ports: PartitionPorts, partitions: readonly number[]): Promise<Progress[]> {
  const { topic, rules, control, admin, persist, certainty } = ports;
  const atLeast = Math.max(...partitions) + 1;
  if (atLeast > rules.partitionCount)
    await persist(async () => checkCount(topic, atLeast, rules, await control.growth(rules.generation)));
  const recorded = await persist(() => control.progress(rules.generation, partitions));
  // Asked for after the progress, so that a log that grows meanwhile does not seem to end before it.
  const ends = new Map((await persist(() => admin.ends())).map((end) => [end.partition, end]));
  return partitions.map((partition, i) => {
    const start = recorded[i] ?? {
      partition,
      nextOffset: rules.firstOffsets[partition] ?? 0,
      arrival: BEFORE_ALL,
      tallies: NO_TALLIES,
    };
    const end = ends.get(partition) ?? { low: 0, high: 0 };
    if (isBroken(start.nextOffset, end)) throw brokenRange(topic, partition, start.nextOffset, end);
    if (start.doubts && !certainty.isWeak()) {
      const beginning = beginningOf(start);
      return isBroken(beginning.nextOffset, end) ? withoutRereading(start) : beginning;
    }
    // mutation: partition-start
    return start;
  });
}

/** Throws if the topic has partitions that nobody recorded: "topic grow" records them before it adds them. */
export function checkCount(topic: string, atLeast: number, rules: Rules, growth: GrowthRecord): void {
  const recorded = partitionsEver({ ...rules, growths: growth.growths });
  if (atLeast <= Math.max(recorded, growth.growingTo ?? 0)) return;
  throw new Refusal(
    EXIT.data_check_failed,
    `Topic ${topic} has at least ${atLeast} partitions, recorded were ${recorded}: ids would get other home ` +
      'partitions. Add partitions with "sightline topic grow" only. Restore the recorded count, or begin anew with ' +
      '"sightline cluster reset".',
  );
}
