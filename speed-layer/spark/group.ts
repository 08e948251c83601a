/**
 * The seam between the two engines: the consumer group. Either workers are in it, or one supervisor, which holds every
 * partition and reads none of them.
 *
 * supervisor.ts enters the group before it starts the query. It refuses while others are in it. When a worker starts
 * beside it, the group gives the worker partitions, and the supervisor ends. Until it has ended both engines decide the
 * same records: they write the same rows and cells, and a writer of an earlier offset loses (laws L1, L4), so nothing
 * counts twice. As a member the supervisor also commits the group's offsets, which lag tools read.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { openLogConsumer } from '../../core/stores/kafka/consumer.ts';
import { groupMembers } from '../../core/stores/kafka/group-members.ts';
import type { GroupHooks, LogConsumer } from '../../core/stores/kafka/types.ts';

type Settings = Pick<Config, 'KAFKA_BROKERS' | 'KAFKA_GROUP' | 'KAFKA_TOPIC'>;

interface Next {
  readonly partition: number;
  readonly offset: number;
}

export interface SoleMember {
  /** Handles the group's news, and commits these offsets. Throws a Refusal when partitions are another member's. */
  look(next: readonly Next[], partitionCount: number): Promise<void>;
  /** Commits these offsets, and leaves the group. */
  close(next: readonly Next[]): Promise<void>;
}

/** As long as Kafka remembers a member that died. */
const EMPTY_LIMIT_MS = 15_000;
const LOOK_AGAIN_MS = 500;
const FEW = 2;
/** A rebalance may take partitions away and bring them again. */
const SHORT_LIMIT_MS = 10_000;

/** Waits until the group is empty; throws a Refusal if others stay in it. */
export async function untilEmpty(
  config: Settings,
  { signal, now = Date.now }: { signal: AbortSignal; now?: () => number },
): Promise<void> {
  const giveUpAt = now() + EMPTY_LIMIT_MS;
  for (;;) {
    const members = await groupMembers(config);
    if (members.length === 0) return;
    if (now() > giveUpAt) throw othersCount(config, members);
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}

/** Enters the group; resolves when it has given this process partitions. */
export async function enterGroup(
  config: Settings,
  hooks: GroupHooks,
  onFault: (message: string) => void,
  now: () => number = Date.now,
): Promise<SoleMember> {
  const held = new Set<number>();
  const holding: GroupHooks = {
    async assigned(partitions) {
      const starts = await hooks.assigned(partitions);
      for (const partition of partitions) held.add(partition);
      return starts;
    },
    // What the supervisor knows of a partition stays: it is read from HBase, whoever counts.
    async revoked(partitions) {
      for (const partition of partitions) held.delete(partition);
    },
  };
  const consumer = await openLogConsumer(config, holding, onFault);
  return soleMember(config, { consumer, held, now });
}

export function soleMember(
  config: Settings,
  {
    consumer,
    held,
    now,
    membersOf = groupMembers,
  }: {
    consumer: LogConsumer;
    held: ReadonlySet<number>;
    now: () => number;
    membersOf?: (settings: Settings) => Promise<readonly string[]>;
  },
): SoleMember {
  let shortSince: number | null = null;
  return {
    async look(next, partitionCount) {
      // Records that were fetched before the partition was held back are thrown away: Spark reads them.
      await consumer.take(FEW);
      consumer.hold([...held]);
      consumer.commit(next.filter(({ partition }) => held.has(partition)));
      if (held.size >= partitionCount) shortSince = null;
      else shortSince ??= now();
      if (shortSince === null || now() - shortSince <= SHORT_LIMIT_MS) return;
      const members = await membersOf(config);
      if (members.length > 1) throw othersCount(config, members);
      // The group has forgotten this process, as after Kafka was away: it joins again.
      shortSince = null;
    },
    async close(next) {
      consumer.commit(next.filter(({ partition }) => held.has(partition)));
      await consumer.close();
    },
  };
}

function othersCount({ KAFKA_GROUP }: Settings, members: readonly string[]): Refusal {
  return new Refusal(
    EXIT.dependency_down,
    `Group ${KAFKA_GROUP} has other members: ${members.join(', ')}. One group is counted by speed workers or by one ` +
      'engine on Spark, not by both. Stop the others, or start this engine again when they have ended.',
  );
}
