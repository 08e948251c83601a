/**
 * The questions that a look asks one broker: each is one request and the reading of its answer.
 *
 * cluster-facts.ts asks them over connections of wire.ts. What a broker answers with an error code for one partition
 * or group is left out of the result; an answer that is cut short throws a RangeError.
 *
 * A record's stamp is read from the header of its batch, which stands there uncompressed, so no codec is needed. Where
 * Kafka stamps records itself (LogAppendTime) that is the record's own; else it is the first of the batch.
 *
 *   batch   base_offset:i64 length:i32 leader_epoch:i32 magic:i8 crc:u32 attributes:i16 last_offset_delta:i32
 *           first_stamp:i64 greatest_stamp:i64 …       attributes bit 3: LogAppendTime, then greatest_stamp holds
 */
import type { HostPort } from '../../process/host-port.ts';
import type { Answer } from './frames.ts';
import type { BrokerConnection } from './wire.ts';
import { hostPort } from '../../process/host-port.ts';
import { array, i32, i64, i8, str } from './frames.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface PartitionRoles extends TopicPartition {
  /** -1 while it has none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export interface GroupOffset extends TopicPartition {
  /** Where the group goes on. */
  readonly offset: number;
}

export interface BrokerMetadata {
  readonly brokers: readonly { readonly id: number; readonly address: HostPort }[];
  readonly partitions: readonly PartitionRoles[];
}

const API = { fetch: 1, listOffsets: 2, metadata: 3, offsetFetch: 9, describeGroups: 15, listGroups: 16 } as const;
/** Times that askOffsetsAt takes: the first offset that is held, and the next one that will be given. */
export const EARLIEST = -2;
export const LATEST = -1;
const LOG_APPEND_TIME = 1 << 3;

export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** All brokers, and all partitions of topics that `hasTopic` names. */
export async function askMetadata(
  broker: BrokerConnection,
  hasTopic: (topic: string) => boolean,
): Promise<BrokerMetadata> {
  return readMetadata(await broker.ask(API.metadata, 1, array(null, str)), hasTopic);
}

export function readMetadata(answer: Answer, hasTopic: (topic: string) => boolean): BrokerMetadata {
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

/** The offset of each partition at a time, by partitionKey. */
export async function askOffsetsAt(
  broker: BrokerConnection,
  partitions: readonly TopicPartition[],
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
  return new Map(found.flat().flatMap((one) => (one.error === 0 ? [[partitionKey(one), one.offset] as const] : [])));
}

/** The groups that this broker coordinates. */
export async function askGroups(broker: BrokerConnection): Promise<string[]> {
  const answer = await broker.ask(API.listGroups, 0, Buffer.alloc(0));
  answer.i16();
  return answer.array(() => [answer.str(), answer.str()][0]!);
}

/** How many members each group has. */
export async function askMembers(broker: BrokerConnection, groups: readonly string[]): Promise<Map<string, number>> {
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

/** The committed offsets of a group. */
export async function askOffsets(broker: BrokerConnection, group: string): Promise<GroupOffset[]> {
  const answer = await broker.ask(API.offsetFetch, 2, Buffer.concat([str(group), array(null, str)]));
  const found = answer.array(() => {
    const topic = answer.str();
    return answer.array(() => {
      const [partition, offset] = [answer.i32(), answer.i64()];
      answer.str();
      answer.i16();
      return { topic, partition, offset };
    });
  });
  return found.flat().filter(({ offset }) => offset >= 0);
}

/** The stamp of the record at an offset of a partition. */
export async function askStamp(broker: BrokerConnection, one: TopicPartition, from: number): Promise<number | null> {
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
