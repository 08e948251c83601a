/**
 * A worker's view of how the topic grows: rules that are final for what it decides, and the gate at the beginning of a
 * growth (L3).
 *
 * round.ts asks before it decides. A growth gives ids other partitions, so no worker decides a record that arrives in
 * it before everything that arrived earlier, in every partition, is in HBase. Each partition stops at its cut, its
 * worker records that in the control table, and the gate opens when all partitions have stopped. Both facts follow from
 * the log, so a zombie records the same. Where a partition is quiet, a worker that waits appends a tick. Partitions
 * that have not reached their cut go on.
 */
import type { Rules } from '../core/domain/rules.ts';
import type { Instant } from '../core/domain/time.ts';
import type { ControlStore } from '../core/stores/control/control.ts';
import type { LogAdmin, LogProducer } from '../core/stores/kafka/types.ts';
import type { Progress } from '../core/stores/control/progress-rows.ts';
import { BEFORE_ALL } from '../core/domain/arrival.ts';
import { epochOf } from '../core/domain/epoch.ts';
import { growthAfter } from '../core/domain/growth.ts';
import { quietPartitions, settleGrowth, unreadBefore } from '../core/stores/control/settled-growth.ts';

export interface GrowthGate {
  /** The rules as last read. */
  rules(): Rules;
  /** Returns rules that hold for everything that arrived up to `latest`, whatever is recorded later. */
  settle(latest: Instant): Promise<Rules>;
  /**
   * When a partition with this progress must stop: no record that arrives then or later is decided. Infinity: never.
   */
  stopOf(progress: Progress): Instant;
  /** Takes partitions that have stopped and whose progress is in HBase; opens the gate when all have. */
  stopped(held: readonly Progress[]): Promise<void>;
  /** The next settling reads what is recorded. */
  forget(): void;
  /** What the gate waits for, or null. */
  waitingFor(): string | null;
}

export interface GatePorts {
  readonly rules: Rules;
  readonly control: Pick<ControlStore, 'growth' | 'moveGrowth' | 'readUpTo' | 'putReadUpTo' | 'progress'>;
  readonly admin: Pick<LogAdmin, 'ends'>;
  readonly producer: Pick<LogProducer, 'tick'>;
  persist<T>(step: () => Promise<T>): Promise<T>;
  readonly now: () => number;
}

const TICK_EVERY_MS = 1_000;

export function growthGate({ control, admin, producer, persist, now, ...ports }: GatePorts): GrowthGate {
  const { generation } = ports.rules;
  const reported = new Set<string>();
  let rules = ports.rules;
  let settled = -1;
  /** Every growth up to here has begun. */
  let openTo = BEFORE_ALL;
  let tickedAt = -Infinity;
  let waitingFor: string | null = null;

  // mutation: growth-stop
  const stopOf = ({ arrival }: Progress): Instant =>
    growthAfter((arrival > openTo ? arrival : openTo) as Instant, rules) ?? (Infinity as Instant);
  const reportRead = async (from: Instant, partitions: readonly number[]): Promise<void> => {
    const unreported = partitions.filter((partition) => !reported.has(`${from}/${partition}`));
    if (unreported.length === 0) return;
    await persist(() => control.putReadUpTo(generation, from, unreported));
    for (const partition of unreported) reported.add(`${from}/${partition}`);
  };
  return {
    rules: () => rules,
    async settle(latest) {
      const epoch = epochOf(latest, rules);
      // mutation: settled-epoch
      if (epoch <= settled) return rules;
      const growth = await persist(() => settleGrowth(control, generation, epoch));
      settled = growth.settled;
      return (rules = { ...rules, growths: growth.growths });
    },
    stopOf,
    async stopped(held) {
      const from = Math.min(...held.map(stopOf)) as Instant;
      const atCut = held.filter((each) => stopOf(each) === from);
      await reportRead(
        from,
        atCut.map(({ partition }) => partition),
      );
      const unread = await persist(() => unreadBefore(control, rules, from));
      // mutation: growth-unread
      if (unread.length === 0) {
        openTo = from;
        waitingFor = null;
        return;
      }
      const names = unread.map(({ partition }) => partition).join(', ');
      const time = new Date(from).toISOString();
      waitingFor = `the topic grows: partitions ${names} still count what arrived before ${time}`;
      if (now() - tickedAt < TICK_EVERY_MS) return;
      tickedAt = now();
      const quiet = await persist(() => quietPartitions(admin, rules, unread));
      if (quiet.length > 0) await persist(() => producer.tick(quiet));
    },
    forget() {
      settled = -1;
    },
    waitingFor: () => waitingFor,
  };
}
