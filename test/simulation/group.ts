/**
 * The consumer group and the broker's side of a consumer, in memory.
 *
 * Partitions are dealt out anew whenever the seed wants. A worker that takes learns of it first, as with the real
 * consumer; one that is asleep or in the middle of a round does not, and goes on writing: a zombie.
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import type { GroupHooks, LogConsumer } from '../../core/stores/kafka/types.ts';
import type { Faults } from './faults.ts';
import type { SimulatedLog } from './log.ts';
import type { Dice } from './random.ts';
import type { Turns } from './turns.ts';

export interface SimulatedGroup {
  join(who: string, hooks: GroupHooks): LogConsumer;
  leave(who: string): void;
  /** Deals the partitions out anew. */
  rebalance(): void;
  /** Deals out what nobody has: partitions that the topic was given. */
  discover(): void;
}

export function simulatedGroup(log: SimulatedLog, random: Dice, faults: Faults, order: Turns): SimulatedGroup {
  const members = new Set<string>();
  const owner = new Map<number, string>();
  const rebalance = (): void => {
    const all = [...members];
    for (let partition = 0; partition < log.partitions.length; partition++) {
      if (all.length === 0) owner.delete(partition);
      else owner.set(partition, random.pick(all));
    }
  };
  return {
    rebalance,
    discover() {
      for (let partition = 0; partition < log.partitions.length && members.size > 0; partition++) {
        if (!owner.has(partition)) owner.set(partition, random.pick([...members]));
      }
    },
    leave(who) {
      members.delete(who);
      rebalance();
    },
    join(who, hooks) {
      members.add(who);
      rebalance();
      const position = new Map<number, number>();
      const drained = new Map<number, number>();
      let held: readonly number[] = [];
      const learn = async (): Promise<void> => {
        const lost = [...position.keys()].filter((partition) => owner.get(partition) !== who);
        const gained = [...owner].flatMap(([partition, of]) =>
          of === who && !position.has(partition) ? [partition] : [],
        );
        for (const partition of [...lost, ...gained]) drained.delete(partition);
        for (const partition of lost) position.delete(partition);
        held = held.filter((partition) => position.has(partition));
        if (lost.length > 0) await hooks.revoked(lost);
        if (gained.length === 0) return;
        for (const { partition, offset } of await hooks.assigned(gained)) position.set(partition, offset);
      };
      return {
        async take(limit) {
          await order.turn(who);
          await learn();
          const records: LogRecord[] = [];
          for (const [partition, from] of position) {
            if (held.includes(partition)) continue;
            const again = faults.strikes('redelivered', 0.02) ? faults.dice('redelivered').below(4) : 0;
            const start = Math.max(0, from - again);
            const stop = Math.min(log.end(partition), from + random.below(limit + 1));
            for (const record of log.partitions[partition]!.slice(start, stop)) if (record) records.push(record);
            position.set(partition, Math.max(from, stop));
            if (position.get(partition) === log.end(partition)) drained.set(partition, log.end(partition));
          }
          return records;
        },
        hold: (partitions) => void (held = partitions),
        drained: () => drained,
        commit: () => undefined,
        ends: () => new Map(),
        close: async () => undefined,
      };
    },
  };
}
