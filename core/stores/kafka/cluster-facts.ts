/**
 * One look at a whole Kafka cluster, as an exporter of metrics needs it: brokers, every partition with its ends, every
 * group with its offsets, and the stamp of the record that a group reads next.
 *
 * observe/exporter asks and turns the answer into metrics. A look has a deadline, after which its connections end, and
 * what could not be asked by then is missing from the answer and never of an earlier look: a broker that is away costs
 * its own partitions and groups. kafkajs cannot do that: one partition without a leader fails its whole question.
 *
 * A record's stamp is read from the header of its batch, which stands there uncompressed, so no codec is needed. Where
 * Kafka stamps records itself (LogAppendTime) that is the record's own; else it is the first of the batch.
 *
 *   batch   base_offset:i64 length:i32 leader_epoch:i32 magic:i8 crc:u32 attributes:i16 last_offset_delta:i32
 *           first_stamp:i64 greatest_stamp:i64 …       attributes bit 3: LogAppendTime, then greatest_stamp holds
 */
import type { Config } from '../../process/config.ts';
import type { HostPort } from '../../process/host-port.ts';
import type { Answer, BrokerConnection } from './wire.ts';
import { Retryable, messageOf } from '../../process/errors.ts';
import { hostPort, parseHostPorts } from '../../process/host-port.ts';
import { array, i32, i64, i8, openBroker, str } from './wire.ts';

export interface PartitionFacts {
  readonly topic: string;
  readonly partition: number;
  /** -1 while it has none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  /** First offset that is held and the next one that will be given; null if its leader did not answer. */
  readonly ends: { readonly oldest: number; readonly next: number } | null;
}

export interface GroupFacts {
  readonly group: string;
  /** Null if the coordinator did not say. */
  readonly members: number | null;
  readonly offsets: readonly GroupOffset[];
}

export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  /** Where the group goes on. */
  readonly offset: number;
  /** The stamp of the record there, in epoch milliseconds; null at the end of the log, or if nobody could say. */
  readonly stamp: number | null;
}

export interface ClusterFacts {
  readonly brokers: readonly { readonly id: number; readonly address: HostPort }[];
  readonly partitions: readonly PartitionFacts[];
  readonly groups: readonly GroupFacts[];
  /** What did not answer, in words. */
  readonly faults: readonly string[];
}

export interface ClusterQuestion {
  readonly hasTopic: (topic: string) => boolean;
  readonly hasGroup: (group: string) => boolean;
  readonly signal: AbortSignal;
}

export interface ClusterPort {
  /** Throws a Retryable if no broker answers at all. */
  look(question: ClusterQuestion): Promise<ClusterFacts>;
}

const API = { fetch: 1, listOffsets: 2, metadata: 3, offsetFetch: 9, describeGroups: 15, listGroups: 16 } as const;
const EARLIEST = -2;
const LATEST = -1;
/** Of one broker in one look; each costs it the reading of one batch. */
const MOST_STAMPS = 2_000;
const LOG_APPEND_TIME = 1 << 3;

type Bare = Omit<PartitionFacts, 'ends'>;
type Ends = Map<string, { oldest: number; next: number }>;

export function kafkaCluster({ KAFKA_BROKERS }: Pick<Config, 'KAFKA_BROKERS'>): ClusterPort {
  return {
    async look(question) {
      const faults: string[] = [];
      const { brokers, partitions } = await metadataOf(KAFKA_BROKERS, question);
      const connections = new Map(brokers.map(({ id, address }) => [id, openBroker(address, question.signal)]));
      const each = async <T>(
        what: string,
        work: (broker: BrokerConnection, id: number) => Promise<T>,
      ): Promise<T[]> => {
        const asked = [...connections].map(async ([id, broker]) => {
          try {
            return [await work(broker, id)];
          } catch (fault) {
            faults.push(`broker ${id} did not tell ${what}: ${messageOf(fault)}`);
            return [];
          }
        });
        return (await Promise.all(asked)).flat();
      };
      try {
        const ends: Ends = new Map();
        const ofLeader = (id: number): Bare[] => partitions.filter(({ leader }) => leader === id);
        const [, groups] = await Promise.all([
          each('the ends of its partitions', (broker, id) => addEnds(broker, ofLeader(id), ends)),
          each('its groups', (broker) => groupsOf(broker, question)),
        ]);
        const stamps = new Map<string, number>();
        const wanted = unreadIn(groups.flat(), ends);
        await each('the stamps of unread records', (broker, id) =>
          addStamps(
            broker,
            ofLeader(id).flatMap((one) => wanted.get(keyOf(one)) ?? []),
            stamps,
          ),
        );
        return {
          brokers,
          partitions: partitions.map((one) => ({ ...one, ends: ends.get(keyOf(one)) ?? null })),
          groups: groups.flat().map((group) => withStamps(group, stamps)),
          faults,
        };
      } finally {
        for (const broker of connections.values()) broker.close();
      }
    },
  };
}

const keyOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`;
const stampKey = (one: GroupOffset): string => `${keyOf(one)}/${one.offset}`;

function withStamps(group: GroupFacts, stamps: ReadonlyMap<string, number>): GroupFacts {
  const offsets = group.offsets.map((one) => ({ ...one, stamp: stamps.get(stampKey(one)) ?? null }));
  return { ...group, offsets };
}

/** The first broker of the list that answers tells which there are, and all partitions. */
async function metadataOf(
  brokers: string,
  { hasTopic, signal }: ClusterQuestion,
): Promise<{ brokers: { id: number; address: HostPort }[]; partitions: Bare[] }> {
  const outcomes: string[] = [];
  const asked = (parseHostPorts(brokers) ?? []).map(async (address) => {
    const broker = openBroker(address, signal);
    try {
      return readMetadata(await broker.ask(API.metadata, 1, array(null, str)), hasTopic);
    } catch (fault) {
      outcomes.push(`${address}: ${messageOf(fault)}`);
      throw fault;
    } finally {
      broker.close();
    }
  });
  return Promise.any(asked).catch(() => {
    throw new Retryable('Kafka', `no broker answered: ${outcomes.join('; ')}`);
  });
}

export function readMetadata(
  answer: Answer,
  hasTopic: (topic: string) => boolean,
): { brokers: { id: number; address: HostPort }[]; partitions: Bare[] } {
  const brokers = answer.array(() => {
    const [id, host, port] = [answer.i32(), answer.str(), answer.i32()];
    answer.str();
    return { id, address: hostPort(host, port) };
  });
  answer.i32();
  const topics = answer.array(() => {
    answer.i16();
    const topic = answer.str();
    answer.i8();
    return answer.array(() => {
      answer.i16();
      const [partition, leader] = [answer.i32(), answer.i32()];
      const [replicas, inSync] = [answer.array(() => answer.i32()), answer.array(() => answer.i32())];
      return { topic, partition, leader, replicas, inSync };
    });
  });
  return { brokers, partitions: topics.flat().filter(({ topic }) => hasTopic(topic)) };
}

async function addEnds(broker: BrokerConnection, partitions: readonly Bare[], ends: Ends): Promise<void> {
  if (partitions.length === 0) return;
  const [oldest, next] = await Promise.all([
    offsetsAt(broker, partitions, EARLIEST),
    offsetsAt(broker, partitions, LATEST),
  ]);
  for (const [key, offset] of next) {
    const low = oldest.get(key);
    if (low !== undefined) ends.set(key, { oldest: low, next: offset });
  }
}

async function offsetsAt(
  broker: BrokerConnection,
  partitions: readonly Bare[],
  time: number,
): Promise<Map<string, number>> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const body = array(topics, (topic) =>
    Buffer.concat([
      str(topic),
      array(
        partitions.filter((one) => one.topic === topic),
        ({ partition }) => Buffer.concat([i32(partition), i64(time)]),
      ),
    ]),
  );
  const answer = await broker.ask(API.listOffsets, 1, Buffer.concat([i32(-1), body]));
  const found = answer.array(() => {
    const topic = answer.str();
    return answer.array(() => {
      const [partition, error] = [answer.i32(), answer.i16()];
      answer.i64();
      return { topic, partition, error, offset: answer.i64() };
    });
  });
  return new Map(found.flat().flatMap((one) => (one.error === 0 ? [[keyOf(one), one.offset] as const] : [])));
}

/** A broker lists the groups that it coordinates, so it is the one to ask about them. */
async function groupsOf(broker: BrokerConnection, { hasGroup }: ClusterQuestion): Promise<GroupFacts[]> {
  const list = await broker.ask(API.listGroups, 0, Buffer.alloc(0));
  list.i16();
  const names = list.array(() => [list.str(), list.str()][0]!).filter(hasGroup);
  if (names.length === 0) return [];
  const [members, ...offsets] = await Promise.all([
    membersOf(broker, names),
    ...names.map((name) => offsetsOf(broker, name)),
  ]);
  return names.map((group, at) => ({ group, members: members.get(group) ?? null, offsets: offsets[at]! }));
}

async function membersOf(broker: BrokerConnection, groups: readonly string[]): Promise<Map<string, number>> {
  const answer = await broker.ask(API.describeGroups, 0, array(groups, str));
  const found = answer.array(() => {
    const [error, group] = [answer.i16(), answer.str()];
    for (let text = 0; text < 3; text++) answer.str();
    const members = answer.array(() => {
      for (let text = 0; text < 3; text++) answer.str();
      answer.bytes();
      answer.bytes();
    });
    return { error, group, members: members.length };
  });
  return new Map(found.flatMap(({ error, group, members }) => (error === 0 ? [[group, members] as const] : [])));
}

async function offsetsOf(broker: BrokerConnection, group: string): Promise<GroupOffset[]> {
  const answer = await broker.ask(API.offsetFetch, 2, Buffer.concat([str(group), array(null, str)]));
  const found = answer.array(() => {
    const topic = answer.str();
    return answer.array(() => {
      const [partition, offset] = [answer.i32(), answer.i64()];
      answer.str();
      answer.i16();
      return { topic, partition, offset, stamp: null };
    });
  });
  return found.flat().filter(({ offset }) => offset >= 0);
}

interface Unread {
  readonly one: GroupOffset;
  /** The first record that is left to read: of a group that slept longer than the log is kept, the log's first. */
  readonly from: number;
}

/** Offsets of groups that have a record behind them, by partition. */
function unreadIn(groups: readonly GroupFacts[], ends: Ends): Map<string, Unread[]> {
  const wanted = new Map<string, Unread[]>();
  for (const one of groups.flatMap(({ offsets }) => offsets)) {
    const end = ends.get(keyOf(one));
    if (end === undefined || one.offset >= end.next) continue;
    const unread = { one, from: Math.max(one.offset, end.oldest) };
    wanted.set(keyOf(one), [...(wanted.get(keyOf(one)) ?? []), unread]);
  }
  return wanted;
}

/** One request an offset: of what lies in one answer behind another a broker leaves out what does not fit whole. */
async function addStamps(
  broker: BrokerConnection,
  unread: readonly Unread[],
  stamps: Map<string, number>,
): Promise<void> {
  await Promise.all(
    unread.slice(0, MOST_STAMPS).map(async ({ one, from }) => {
      const found = await stampAt(broker, one, from);
      if (found !== null) stamps.set(stampKey(one), found);
    }),
  );
  if (unread.length > MOST_STAMPS)
    throw new Error(
      `${unread.length} offsets have unread records, and ${MOST_STAMPS} are looked at; name fewer groups`,
    );
}

async function stampAt(broker: BrokerConnection, one: GroupOffset, from: number): Promise<number | null> {
  const partition = Buffer.concat([i32(one.partition), i64(from), i32(1)]);
  const topic = Buffer.concat([str(one.topic), array([partition], (bytes) => bytes)]);
  // No replica, no waiting, from 0 bytes on, at most one batch; isolation: uncommitted, as what waits is what counts.
  const head = Buffer.concat([i32(-1), i32(0), i32(0), i32(1), i8(0)]);
  const answer = await broker.ask(API.fetch, 4, Buffer.concat([head, array([topic], (bytes) => bytes)]));
  const { error, records } = readFetched(answer);
  return error === 0 ? stampIn(records) : null;
}

function readFetched(answer: Answer): { error: number; records: Buffer } {
  answer.i32();
  const [[found] = []] = answer.array(() => {
    answer.str();
    return answer.array(() => {
      answer.i32();
      const error = answer.i16();
      answer.i64();
      answer.i64();
      answer.array(() => [answer.i64(), answer.i64()]);
      return { error, records: answer.bytes() };
    });
  });
  return found ?? { error: -1, records: Buffer.alloc(0) };
}

/** The stamp of a batch, from its header; null if there is none, or of the formats of before Kafka 0.11. */
export function stampIn(batch: Buffer): number | null {
  if (batch.length < 43 || batch.readInt8(16) !== 2) return null;
  const attributes = batch.readInt16BE(21);
  const stamp = Number(batch.readBigInt64BE((attributes & LOG_APPEND_TIME) === 0 ? 27 : 35));
  return stamp < 0 ? null : stamp;
}
