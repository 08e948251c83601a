/**
 * A consumer of the group: what a speed worker reads from (types.ts, LogConsumer).
 *
 * Everything happens within `take`, one thing at a time: first the group's news (partitions that come and go; `take`
 * awaits the hooks), then records. So the assignment never changes while records are on their way: a take delivers only
 * records of the partitions that the hooks have named, never one of an earlier assignment. Partitions move
 * cooperatively, so a worker keeps its memory of those that stay. The hooks give the starting offsets, never the group.
 * A take waits for the first record only, because node-rdkafka's own wait lasts for as long as records trickle in.
 */
import type { LibrdKafkaError, TopicPartition } from 'node-rdkafka';
import rdkafka from 'node-rdkafka';
import type { LogRecord } from '../../domain/detection.ts';
import type { GroupHooks, LogConsumer } from './types.ts';
import type { KafkaSettings } from './client-config.ts';
import type { GroupOffsets } from './group-offsets.ts';
import type { KnownBrokers } from './known-brokers.ts';
import { EXIT, messageOf, Refusal } from '../../process/errors.ts';
import { brokenRange, isBroken } from './broken-range.ts';
import { connect, consume, disconnect, endsOf, NOTHING } from './calls.ts';
import { asFault, CONSUMER_TOPIC_CONFIG, consumerConfig } from './client-config.ts';
import { isAssigning, isLeftGroup, isOffsetGone } from './client-config.ts';
import { groupOffsets } from './group-offsets.ts';
import { STATISTICS_CONFIG, watchKnownBrokers } from './known-brokers.ts';
import { recordOf } from './record.ts';

const FIRST_RECORD_WAIT_MS = 50;
const LAST_COMMIT_LIMIT_MS = 2_000;
/** librdkafka's RD_KAFKA_OFFSET_END: where nothing is to be read. */
const AT_END = -1;

export interface ConsumerSettings extends KafkaSettings {
  readonly KAFKA_GROUP: string;
}

interface News {
  readonly isAssigning: boolean;
  readonly partitions: readonly number[];
}

/**
 * `onFault` hears of faults that do not stop a worker: failed commits, brokers that went away. A consumer whose client
 * has forgotten every broker gives its partitions back and joins the group again with another client.
 */
export async function openLogConsumer(
  settings: ConsumerSettings,
  hooks: GroupHooks,
  onFault: (message: string) => void,
): Promise<LogConsumer> {
  let member: Member | null = await openMember(settings, hooks, onFault);
  const leaveUnreachable = async (left: Member): Promise<void> => {
    member = null;
    onFault('the client has forgotten every broker; joining the group again with another one');
    await hooks.revoked([...left.next.keys()]);
    left.group.close().catch((thrown: unknown) => onFault(messageOf(thrown)));
  };
  return {
    async take(limit) {
      if (member?.brokers.areForgotten()) await leaveUnreachable(member);
      member ??= await openMember(settings, hooks, onFault);
      return member.take(limit);
    },
    hold: (partitions) => member?.group.hold(partitions),
    again(partitions) {
      const here = partitions.filter((partition) => member?.next.has(partition));
      if (here.length > 0)
        member?.group.news.push({ isAssigning: false, partitions: here }, { isAssigning: true, partitions: here });
    },
    drained: () => member?.drained ?? new Map(),
    commit: (reached) => member?.offsets.want(reached),
    ends: () => (member ? knownEnds(member.group.consumer, settings.KAFKA_TOPIC, member.next.keys()) : new Map()),
    close: async () => member?.close(),
  };
}

/** One membership in the group, with a client of its own. */
interface Member {
  readonly group: Group;
  readonly offsets: GroupOffsets;
  readonly brokers: KnownBrokers;
  readonly drained: ReadonlyMap<number, number>;
  /** Per held partition, the offset after the last record that was delivered. */
  readonly next: ReadonlyMap<number, number>;
  take(limit: number): Promise<LogRecord[]>;
  close(): Promise<void>;
}

async function openMember(
  settings: ConsumerSettings,
  hooks: GroupHooks,
  onFault: (message: string) => void,
): Promise<Member> {
  const group = joinGroup(settings, onFault, (error) => offsets.answered(error));
  const { consumer, next } = group;
  const brokers = watchKnownBrokers(consumer);
  const offsets = groupOffsets(consumer, settings.KAFKA_TOPIC, onFault);
  const drained = new Map<number, number>();
  consumer.on('partition.eof', ({ partition, offset }) => drained.set(partition, offset));
  let failed: LibrdKafkaError | null = null;

  const learn = async (news: News): Promise<void> => {
    for (const partition of news.partitions) drained.delete(partition);
    if (news.isAssigning) {
      const starts = await hooks.assigned(news.partitions);
      group.enter(starts);
      offsets.want(starts);
    } else {
      await hooks.revoked(news.partitions);
      offsets.forget(news.partitions);
      group.leave(news.partitions);
    }
  };
  await connect(consumer, settings);
  consumer.subscribe([settings.KAFKA_TOPIC]);
  return {
    ...{ group, offsets, brokers, drained, next },
    async take(limit) {
      for (let news = group.news.shift(); news; news = group.news.shift()) await learn(news);
      offsets.send();
      const fault = failed;
      failed = null;
      if (fault) await throwFault(fault, settings, group, onFault);
      const first = await consume(consumer, 1, FIRST_RECORD_WAIT_MS);
      const others = first.messages.length > 0 ? await consume(consumer, limit - 1, 0) : NOTHING;
      // The next take throws the error: these records have left the queue and will not come again.
      failed = first.error ?? others.error;
      const messages = [...first.messages, ...others.messages];
      for (const { partition, offset } of messages) next.set(partition, offset + 1);
      return messages.map(recordOf);
    },
    async close() {
      const giveUpAt = Date.now() + LAST_COMMIT_LIMIT_MS;
      while (offsets.isWaiting() && Date.now() < giveUpAt) {
        offsets.send(0);
        // Answers come with a take; its records are behind the progress and will be read again.
        await consume(consumer, 1, FIRST_RECORD_WAIT_MS);
      }
      await group.close();
    },
  };
}

interface Group {
  readonly consumer: rdkafka.KafkaConsumer;
  /** What the group has announced and no take has handled yet. */
  readonly news: News[];
  /** Per held partition, the offset after the last record that was delivered. */
  readonly next: Map<number, number>;
  enter(starts: readonly { partition: number; offset: number }[]): void;
  hold(partitions: readonly number[]): void;
  leave(partitions: readonly number[]): void;
  close(): Promise<void>;
}

function createConsumer(
  settings: ConsumerSettings,
  onNews: (news: News) => void,
  onCommit: (error: LibrdKafkaError | undefined) => void,
): rdkafka.KafkaConsumer {
  return new rdkafka.KafkaConsumer(
    {
      ...consumerConfig(settings, 'sightline.speed', settings.KAFKA_GROUP),
      'partition.assignment.strategy': 'cooperative-sticky',
      'session.timeout.ms': 10_000,
      'heartbeat.interval.ms': 2_000,
      ...STATISTICS_CONFIG,
      rebalance_cb: (error: LibrdKafkaError, partitions: TopicPartition[]) =>
        onNews({ isAssigning: isAssigning(error), partitions: partitions.map(({ partition }) => partition) }),
      offset_commit_cb: onCommit,
    },
    CONSUMER_TOPIC_CONFIG,
  );
}

function joinGroup(
  settings: ConsumerSettings,
  onFault: (message: string) => void,
  onCommit: (error: LibrdKafkaError | undefined) => void,
): Group {
  const topic = settings.KAFKA_TOPIC;
  const news: News[] = [];
  const next = new Map<number, number>();
  let isClosing = false;
  const takeNews = (change: News): void => (isClosing ? settle(change) : void news.push(change));
  const consumer = createConsumer(settings, takeNews, onCommit);
  consumer.on('event.error', (error: LibrdKafkaError) => onFault(error.message));
  const held = new Set<number>();
  const leave = (partitions: readonly number[]): void => {
    for (const partition of partitions) {
      next.delete(partition);
      held.delete(partition);
    }
    if (consumer.rebalanceProtocol() === 'EAGER') consumer.unassign();
    else consumer.incrementalUnassign(partitions.map((partition) => ({ topic, partition })));
  };
  // While closing, news needs an answer too: the group's client waits for it before it leaves, and it throws for
  // partitions that go without having come.
  const settle = ({ isAssigning, partitions }: News): void => {
    try {
      if (isAssigning)
        consumer.incrementalAssign(partitions.map((partition) => ({ topic, partition, offset: AT_END })));
      else leave(partitions);
    } catch (thrown) {
      onFault(messageOf(thrown));
    }
  };
  return {
    consumer,
    news,
    next,
    enter(starts) {
      for (const { partition, offset } of starts) next.set(partition, offset);
      consumer.incrementalAssign(starts.map(({ partition, offset }) => ({ topic, partition, offset })));
      // A partition that was held, went and came again is not held now.
      consumer.resume(starts.map(({ partition }) => ({ topic, partition })));
    },
    hold: (partitions) =>
      hold(
        consumer,
        topic,
        held,
        partitions.filter((partition) => next.has(partition)),
      ),
    leave,
    async close() {
      isClosing = true;
      for (const change of news.splice(0)) settle(change);
      await disconnect(consumer);
    },
  };
}

/** Pauses exactly the `wanted` partitions. */
function hold(consumer: rdkafka.KafkaConsumer, topic: string, held: Set<number>, wanted: readonly number[]): void {
  const addresses = (partitions: readonly number[]) => partitions.map((partition) => ({ topic, partition }));
  const freed = [...held].filter((partition) => !wanted.includes(partition));
  const added = wanted.filter((partition) => !held.has(partition));
  if (freed.length > 0) consumer.resume(addresses(freed));
  if (added.length > 0) consumer.pause(addresses(added));
  for (const partition of freed) held.delete(partition);
  for (const partition of added) held.add(partition);
}

/** Throws a fault that stops this worker or makes it try again; reports one that does neither. */
async function throwFault(
  error: LibrdKafkaError,
  settings: ConsumerSettings,
  { consumer, next }: Group,
  onFault: (message: string) => void,
): Promise<void> {
  if (isLeftGroup(error)) return onFault(error.message);
  if (!isOffsetGone(error)) throw asFault(settings, error);
  for (const [partition, offset] of next) {
    const ends = await endsOf(consumer, settings, partition);
    if (isBroken(offset, ends)) throw brokenRange(settings.KAFKA_TOPIC, partition, offset, ends);
  }
  throw new Refusal(
    EXIT.dependency_down,
    `Kafka refused an offset that it holds (${error.message}). Start the worker again.`,
  );
}

/** From the last fetches, without a question to the brokers. */
function knownEnds(consumer: rdkafka.KafkaConsumer, topic: string, held: Iterable<number>): Map<number, number> {
  const ends = new Map<number, number>();
  for (const partition of held) {
    try {
      const { highOffset } = consumer.getWatermarkOffsets(topic, partition);
      if (highOffset >= 0) ends.set(partition, highOffset);
    } catch {
      // Nothing was fetched from it yet.
    }
  }
  return ends;
}
