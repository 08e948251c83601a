/**
 * One look at a whole Kafka cluster, as an exporter of metrics needs it: brokers, every partition with its ends, every
 * group with its offsets, and the stamp of the record that a group reads next.
 *
 * observe/exporter asks and turns the answer into metrics. A look has a deadline, after which its connections end, and
 * what could not be asked by then is missing from the answer and never of an earlier look: a broker that is away costs
 * its own partitions and groups. kafkajs cannot do that: one partition without a leader fails its whole question.
 *
 * broker-questions.ts asks one broker one question at a time; here is which broker is asked what, and what becomes of
 * the answers.
 */
import type { Config } from '../../process/config.ts';
import type { HostPort } from '../../process/host-port.ts';
import type { BrokerMetadata, GroupOffset, PartitionRoles } from './broker-questions.ts';
import type { BrokerConnection } from './wire.ts';
import { Retryable, messageOf } from '../../process/errors.ts';
import { parseHostPorts } from '../../process/host-port.ts';
import {
  askGroups,
  askMembers,
  askMetadata,
  askOffsets,
  askOffsetsAt,
  askStamp,
  EARLIEST,
  LATEST,
  partitionKey,
} from './broker-questions.ts';
import { openBroker } from './wire.ts';

export interface PartitionFacts extends PartitionRoles {
  /** First offset that is held and the next one that will be given; null if its leader did not answer. */
  readonly ends: { readonly oldest: number; readonly next: number } | null;
}

export interface GroupFacts {
  readonly group: string;
  /** Null if the coordinator did not say. */
  readonly members: number | null;
  readonly offsets: readonly StampedOffset[];
}

export interface StampedOffset extends GroupOffset {
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

/** Of one broker in one look; each costs it the reading of one batch. */
const MOST_STAMPS = 2_000;

type Ends = Map<string, { oldest: number; next: number }>;

type Settings = Pick<Config, 'KAFKA_BROKERS'> & Partial<Pick<Config, 'KAFKA_ACCESS'>>;

export function kafkaCluster(settings: Settings): ClusterPort {
  const { KAFKA_ACCESS: access } = settings;
  return {
    async look(question) {
      const faults: string[] = [];
      const { brokers, partitions } = await metadataOf(settings, question);
      const connections = new Map(brokers.map(({ id, address }) => [id, openBroker(address, access, question.signal)]));
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
        const ofLeader = (id: number): PartitionRoles[] => partitions.filter(({ leader }) => leader === id);
        const [, groups] = await Promise.all([
          each('the ends of its partitions', (broker, id) => addEnds(broker, ofLeader(id), ends)),
          each('its groups', (broker) => groupsOf(broker, question)),
        ]);
        const stamps = new Map<string, number>();
        const wanted = unreadIn(groups.flat(), ends);
        await each('the stamps of unread records', (broker, id) =>
          addStamps(
            broker,
            ofLeader(id).flatMap((one) => wanted.get(partitionKey(one)) ?? []),
            stamps,
          ),
        );
        return {
          brokers,
          partitions: partitions.map((one) => ({ ...one, ends: ends.get(partitionKey(one)) ?? null })),
          groups: groups.flat().map((group) => withStamps(group, stamps)),
          faults,
        };
      } finally {
        for (const broker of connections.values()) broker.close();
      }
    },
  };
}

const stampKey = (one: GroupOffset): string => `${partitionKey(one)}/${one.offset}`;

function withStamps(group: GroupFacts, stamps: ReadonlyMap<string, number>): GroupFacts {
  const offsets = group.offsets.map((one) => ({ ...one, stamp: stamps.get(stampKey(one)) ?? null }));
  return { ...group, offsets };
}

/** The first broker of the list that answers tells which there are, and all partitions. */
async function metadataOf(
  { KAFKA_BROKERS: brokers, KAFKA_ACCESS: access }: Settings,
  { hasTopic, signal }: ClusterQuestion,
): Promise<BrokerMetadata> {
  const outcomes: string[] = [];
  const asked = (parseHostPorts(brokers) ?? []).map(async (address) => {
    const broker = openBroker(address, access, signal);
    try {
      return await askMetadata(broker, hasTopic);
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

async function addEnds(broker: BrokerConnection, partitions: readonly PartitionRoles[], ends: Ends): Promise<void> {
  if (partitions.length === 0) return;
  const [oldest, next] = await Promise.all([
    askOffsetsAt(broker, partitions, EARLIEST),
    askOffsetsAt(broker, partitions, LATEST),
  ]);
  for (const [key, offset] of next) {
    const low = oldest.get(key);
    if (low !== undefined) ends.set(key, { oldest: low, next: offset });
  }
}

/** A broker lists the groups that it coordinates, so it is the one to ask about them. */
async function groupsOf(broker: BrokerConnection, { hasGroup }: ClusterQuestion): Promise<GroupFacts[]> {
  const names = (await askGroups(broker)).filter(hasGroup);
  if (names.length === 0) return [];
  const [members, ...offsets] = await Promise.all([
    askMembers(broker, names),
    ...names.map((name) => askOffsets(broker, name)),
  ]);
  return names.map((group, at) => ({
    group,
    members: members.get(group) ?? null,
    offsets: offsets[at]!.map((one) => ({ ...one, stamp: null })),
  }));
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
    const end = ends.get(partitionKey(one));
    if (end === undefined || one.offset >= end.next) continue;
    const unread = { one, from: Math.max(one.offset, end.oldest) };
    wanted.set(partitionKey(one), [...(wanted.get(partitionKey(one)) ?? []), unread]);
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
      const found = await askStamp(broker, one, from);
      if (found !== null) stamps.set(stampKey(one), found);
    }),
  );
  if (unread.length > MOST_STAMPS)
    throw new Error(
      `${unread.length} offsets have unread records, and ${MOST_STAMPS} are looked at; name fewer groups`,
    );
}
