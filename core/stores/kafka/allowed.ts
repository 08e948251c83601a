/**
 * What Kafka lets this client do with a topic or a group, as the brokers themselves tell it.
 *
 * admin/prepare/rights.ts asks, for `sightline doctor --layer`. Neither client of ours can ask for it.
 *
 *   Metadata          api 3 v8  | topics:array<str> create:i8 cluster:i8 topics:i8
 *     answer          throttle:i32 brokers:array<id:i32 host:str port:i32 rack:str> cluster:str controller:i32
 *                     topics:array<error:i16 name:str internal:i8 partitions:array<error:i16 index:i32 leader:i32
 *                     epoch:i32 replicas:array<i32> in sync:array<i32> offline:array<i32>> operations:i32>
 *   FindCoordinator   api 10 v0 | group:str            answer: error:i16 id:i32 host:str port:i32
 *   DescribeGroups    api 15 v3 | groups:array<str> operations:i8
 *     answer          throttle:i32 groups:array<error:i16 id:str state:str type:str protocol:str
 *                     members:array<id:str client:str host:str metadata:bytes assignment:bytes> operations:i32>
 * `operations` has a bit for each operation, by the number of its kind. Source: the Kafka protocol guide.
 *
 * Only a refusal for want of a right means that nothing is allowed. A cluster that has never had a group makes its
 * topic of offsets at the first question, and a coordinator that moves loads its groups: those codes pass, so they are
 * asked about again.
 */
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';
import type { HostPort } from '../../process/host-port.ts';
import { hostPort, parseHostPorts } from '../../process/host-port.ts';
import type { RetryPolicy } from '../../process/retry.ts';
import { withRetry } from '../../process/retry.ts';
import type { Acl } from './acls.ts';
import type { KafkaSettings } from './client-config.ts';
import { kafkaFault, TOPIC_REFUSED, UNKNOWN_TOPIC } from './faults.ts';
import { Answer, array, i16, i32, i8, str } from './frames.ts';
import { askBroker } from './topic-id.ts';

type Operation = Acl['operation'];
type Settings = Omit<KafkaSettings, 'KAFKA_TOPIC'>;

const BITS: Readonly<Record<Operation, number>> = {
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  ALTER: 7,
  DESCRIBE: 8,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
};
/** GROUP_AUTHORIZATION_FAILED. */
const GROUP_REFUSED = 30;
/** How long codes that pass are waited for. */
const SETTLING: RetryPolicy = { firstDelayMs: 200, greatestDelayMs: 1_000, limitMs: 15_000 };

/** Empty where the topic may not even be seen. */
export function allowedOnTopic(settings: Settings, topic: string): Promise<Operation[]> {
  return atSomeBroker(settings, async (broker) => {
    const answer = await ask(settings, broker, {
      ...{ api: 3, version: 8 },
      body: Buffer.concat([array([topic], str), i8(0), i8(0), i8(1)]),
    });
    answer.i32();
    answer.array(() => [answer.i32(), answer.str(), answer.i32(), answer.str()]);
    answer.str();
    answer.i32();
    const [found] = answer.array(() => {
      const error = answer.i16();
      answer.str();
      answer.i8();
      answer.array(() => {
        answer.i16();
        for (let left = 3; left > 0; left--) answer.i32();
        for (let left = 3; left > 0; left--) answer.array(() => answer.i32());
      });
      return { error, bits: answer.i32() };
    });
    if (found === undefined) throw new RangeError('the answer names no topic');
    if (found.error === UNKNOWN_TOPIC)
      throw new Refusal(EXIT.usage, `topic ${topic} is not there; "sightline prepare" creates it`);
    return mayBeSeen(`topic ${topic}`, found.error) ? operationsIn(found.bits) : [];
  });
}

export function allowedOnGroup(settings: Settings, group: string): Promise<Operation[]> {
  return atSomeBroker(settings, async (broker) => {
    const found = await ask(settings, broker, { api: 10, version: 0, body: str(group) });
    if (!mayBeSeen(`the coordinator of group ${group}`, found.i16())) return [];
    found.i32();
    const coordinator = hostPort(found.str(), found.i32());
    const answer = await ask(settings, coordinator, {
      ...{ api: 15, version: 3 },
      body: Buffer.concat([array([group], str), i8(1)]),
    });
    answer.i32();
    const [described] = answer.array(() => {
      const error = answer.i16();
      for (let left = 4; left > 0; left--) answer.str();
      answer.array(() => [answer.str(), answer.str(), answer.str(), answer.bytes(), answer.bytes()]);
      return { error, bits: answer.i32() };
    });
    if (described === undefined) throw new RangeError('the answer names no group');
    return mayBeSeen(`group ${group}`, described.error) ? operationsIn(described.bits) : [];
  });
}

/** False where the right is missing. Throws a Retryable for a code that passes. */
function mayBeSeen(what: string, error: number): boolean {
  if (error === TOPIC_REFUSED || error === GROUP_REFUSED) return false;
  if (error !== 0) throw kafkaFault(what, error, `the broker answers with error code ${error}`);
  return true;
}

const operationsIn = (bits: number): Operation[] =>
  (Object.keys(BITS) as Operation[]).filter((operation) => (bits >> BITS[operation]) & 1);

async function ask(
  { KAFKA_ACCESS: access }: Settings,
  broker: HostPort,
  { api, version, body }: { api: number; version: number; body: Buffer },
): Promise<Answer> {
  const request = Buffer.concat([i16(api), i16(version), i32(1), str('sightline'), body]);
  const answer = new Answer(await askBroker(broker, access, Buffer.concat([i32(request.length), request])));
  answer.i32();
  return answer;
}

async function atSomeBroker<T>({ KAFKA_BROKERS }: Settings, question: (broker: HostPort) => Promise<T>): Promise<T> {
  let last = 'no broker was named';
  for (const broker of parseHostPorts(KAFKA_BROKERS) ?? []) {
    try {
      return await withRetry(SETTLING, () => question(broker));
    } catch (thrown) {
      if (thrown instanceof Refusal) throw thrown;
      last = `${broker}: ${messageOf(thrown)}`;
    }
  }
  throw new Retryable('Kafka', `no broker says what is allowed; the last one answered: ${last}`);
}
