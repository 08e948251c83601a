/**
 * The log's ports on a real Kafka: what is read, what is refused, what is written byte for byte.
 *
 * Uses a topic of its own at KAFKA_BROKERS and deletes it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { LogRecord } from '../../core/domain/detection.ts';
import type { HostPort } from '../../core/process/host-port.ts';
import { classify } from '../../core/domain/verdict.ts';
import { instant } from '../../core/domain/time.ts';
import { readConfig } from '../../core/process/config.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';
import { openLogConsumer } from '../../core/stores/kafka/consumer.ts';
import { logProducer } from '../../core/stores/kafka/producer.ts';
import { logReader } from '../../core/stores/kafka/reader.ts';
import type { LogConsumer, LogEnds } from '../../core/stores/kafka/types.ts';
import { startForgetfulKafka } from '../support/forgetful-kafka.ts';
import { ROOT } from '../support/main-job.ts';

const topic = `contract_${randomBytes(4).toString('hex')}`;
const config = readConfig({ ...process.env, KAFKA_TOPIC: topic, KAFKA_GROUP: topic, KAFKA_PARTITIONS: '4' });
const kafka = new kafkajs.Kafka({ brokers: config.KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
const admin = logAdmin(config);
const tools = kafka.admin();
const transactions = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
const reader = logReader(config);

before(async () => {
  await admin.ensureTopics();
  await Promise.all([tools.connect(), transactions.connect()]);
});

after(async () => {
  await tools.deleteTopics({ topics: [topic, `${topic}.dlq`] });
  await Promise.all([tools.disconnect(), transactions.disconnect(), admin.close(), reader.close()]);
});

async function transact(partition: number, values: (string | null)[], how: 'commit' | 'abort'): Promise<void> {
  const transaction = await transactions.transaction();
  await transaction.send({ topic, acks: -1, messages: values.map((value) => ({ partition, key: 'k', value })) });
  await transaction[how]();
}

async function readAll(partition: number, from = 0, of = reader): Promise<{ records: LogRecord[]; end: number }> {
  const records: LogRecord[] = [];
  let end = -1;
  for await (const batch of of.read(partition, from)) {
    records.push(...batch.records);
    if (batch.atEnd) end = batch.next;
  }
  return { records, end };
}

test('a reading delivers committed records only, and ends behind the markers of transactions', async () => {
  await transact(0, ['a', 'b'], 'commit');
  await transact(0, ['never'], 'abort');
  await transact(0, ['c'], 'commit');
  const { records, end } = await readAll(0);
  assert.deepEqual(
    records.map(({ value }) => value?.toString()),
    ['a', 'b', 'c'],
  );
  assert.equal(end, (await admin.ends())[0]?.high);
  assert.deepEqual(await readAll(0, end), { records: [], end });
});

test('behind a transaction that hangs, the log ends where it ends, and what is delivered ends before it', async () => {
  const [before_] = await admin.ends();
  const transaction = await transactions.transaction();
  await transaction.send({ topic, acks: -1, messages: [{ partition: 0, key: 'k', value: 'waits' }] });
  const plain = kafka.producer();
  await plain.connect();
  await plain.send({ topic, acks: -1, messages: [{ partition: 0, key: 'k', value: 'acknowledged' }] });
  await plain.disconnect();
  assert.equal((await admin.ends())[0]!.high, before_!.high, 'the last stable offset stands still');
  assert.deepEqual(await admin.newestEnds(), [
    before_!.high + 2,
    ...(await admin.ends()).slice(1).map(({ high }) => high),
  ]);
  assert.deepEqual((await readAll(0, before_!.high)).records, [], 'nobody sees what was acknowledged');
  await transaction.commit();
  const { records, end } = await readAll(0, before_!.high);
  assert.deepEqual(
    records.map(({ value }) => value?.toString()),
    ['waits', 'acknowledged'],
  );
  assert.deepEqual([(await admin.ends())[0]!.high, (await admin.newestEnds())[0]], [end, end], 'behind the marker');
});

test('a tombstone, an empty value and their headers are told apart', async () => {
  const producer = kafka.producer();
  await producer.connect();
  const headers = { text: 'x', bytes: Buffer.from([0, 255]) };
  await producer.send({
    topic,
    messages: [
      { partition: 1, key: null, value: null, headers },
      { partition: 1, key: '', value: '' },
    ],
  });
  await producer.disconnect();
  const [first, second] = (await readAll(1)).records;
  assert.deepEqual(
    [first?.key, first?.value, second?.value, second?.key],
    [null, null, Buffer.alloc(0), Buffer.alloc(0)],
  );
  assert.deepEqual(first?.headers, [
    ['text', Buffer.from('x')],
    ['bytes', Buffer.from([0, 255])],
  ]);
});

test('an offset that the log does not hold is refused, before its beginning and behind its end', async () => {
  const end = (await admin.ends())[0]!.high;
  await assert.rejects(readAll(0, end + 1), /The log ends before the offset that is counted.*cluster reset/s);
  await tools.fetchTopicMetadata({ topics: [topic] });
  await tools.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
  await assert.rejects(readAll(0, 1), /deleted records by retention before they were counted.*KAFKA_RETENTION_HOURS/s);
});

test('a stray comes home with its bytes, and says where it was', async () => {
  const producer = logProducer(config);
  const stray: LogRecord = {
    partition: 0,
    offset: 7,
    stamp: 1,
    key: null,
    value: Buffer.from([1, 0, 255]),
    headers: [
      ['own', Buffer.from('kept')],
      ['binary', Buffer.from([0, 1])],
    ],
  };
  await producer.forward([{ record: stray, id: '17', home: 2 }]);
  await producer.tick([2]);
  await producer.close();
  const [home, tick] = (await readAll(2)).records;
  assert.deepEqual([home?.key?.toString(), home?.value], ['17', stray.value]);
  assert.deepEqual(
    home?.headers.map(([name, value]) => [name, value?.toString()]),
    [
      ['own', 'kept'],
      ['sightline.stray', '0/7'],
    ],
  );
  assert.deepEqual(tick?.value, Buffer.alloc(0));
  assert.equal(classify(tick!, instant(0), RULES).kind, 'tick');
});

const RULES = {
  generation: 1,
  logLife: 1,
  epochSeconds: 60,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 4,
  firstEpoch: 0,
  firstOffsets: [],
};

test(
  'a producer whose first records come from two sides at once leaves no connection behind',
  { timeout: 120_000 },
  async () => {
    const environment = { ...process.env, KAFKA_TOPIC: topic };
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/support/two-firsts.ts'], {
      cwd: ROOT,
      env: environment,
      stdio: 'inherit',
    });
    assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 0);
  },
);

test(
  'two consumers share the partitions, begin where they are told, and hand over without a gap',
  { timeout: 240_000 },
  async () => {
    const held = { one: new Set<number>(), two: new Set<number>() };
    const begin = new Map<number, number>([[3, 5]]);
    const open = (who: keyof typeof held): Promise<LogConsumer> =>
      openLogConsumer(
        config,
        {
          assigned: async (partitions) => {
            for (const partition of partitions) held[who].add(partition);
            const ends = await admin.ends();
            return partitions.map((partition) => ({ partition, offset: begin.get(partition) ?? ends[partition]!.low }));
          },
          revoked: async (partitions) => partitions.forEach((partition) => held[who].delete(partition)),
        },
        () => undefined,
      );
    await transact(3, ['0', '1', '2', '3', '4', '5', '6'], 'commit');
    const one = await open('one');
    const seen: string[] = [];
    const take = async (consumer: LogConsumer): Promise<void> => {
      // The first take asks for one record alone.
      const limit = seen.length === 0 ? 1 : 100;
      for (const { partition, value } of await consumer.take(limit)) if (partition === 3) seen.push(String(value));
    };
    while (seen.length < 2) await take(one);
    assert.deepEqual(seen, ['5', '6']);
    while ((one.drained().get(3) ?? 0) < 8) await take(one);
    assert.equal(one.drained().get(3), 8, 'behind the marker of the transaction');
    begin.set(3, 8);

    const two = await open('two');
    while (held.one.size !== 2 || held.two.size !== 2) await Promise.all([take(one), take(two)]);
    await transact(3, ['7', '8'], 'commit');
    while (seen.length < 4) await Promise.all([take(one), take(two)]);
    assert.deepEqual(seen, ['5', '6', '7', '8']);
    begin.set(3, 11);
    await one.close();
    while (held.two.size < 4) await take(two);
    await two.close();
  },
);

test(
  'a consumer that is closed before it learned which partitions came leaves the group all the same',
  { timeout: 240_000 },
  async () => {
    const group = `${topic}.closed`;
    const learned: number[][] = [];
    const nothing = {
      assigned: async (partitions: readonly number[]) => {
        learned.push([...partitions]);
        return [];
      },
      revoked: async () => undefined,
    };
    const consumer = await openLogConsumer({ ...config, KAFKA_GROUP: group }, nothing, () => undefined);
    const stateOf = async (): Promise<string> => (await tools.describeGroups([group])).groups[0]!.state;
    while ((await stateOf()) !== 'Stable') await pause(100);
    // The news come with this take, and are learned with the next.
    await consumer.take(1);
    await consumer.close();
    assert.deepEqual(learned, []);
    assert.notEqual(await stateOf(), 'Stable');
  },
);

/** Longer than clients wait until they ask for brokers again. */
const FORGETFUL_MS = 11_000;

/** librdkafka loses a race with itself here: of ten clients about four never ask again. */
test('clients that are told that there are no brokers hear and deliver again', { timeout: 150_000 }, async (run) => {
  const relay = await startForgetfulKafka(config.KAFKA_BROKERS as HostPort);
  const [{ high }] = (await admin.ends()) as [LogEnds];
  const hooks = {
    assigned: async (partitions: readonly number[]) =>
      partitions.map((partition) => ({ partition, offset: partition === 0 ? high : 0 })),
    revoked: async () => undefined,
  };
  let forgotten = 0;
  const onFault = (fault: string): void => void (forgotten += fault.includes('forgotten every broker') ? 1 : 0);
  const behind = Array.from({ length: 10 }, (_, n) => ({
    ...config,
    KAFKA_BROKERS: relay.address,
    KAFKA_GROUP: `${topic}.forgetful.${n}`,
  }));
  const consumers = await Promise.all(behind.map((settings) => openLogConsumer(settings, hooks, onFault)));
  const producers = behind.slice(0, 4).map(logProducer);
  const takeUntil = (isDone: (heard: number) => boolean): Promise<unknown> =>
    Promise.all(
      consumers.map(async (consumer) => {
        for (let heard = 0; !isDone(heard);) heard += (await consumer.take(100)).filter(isOfPartition0).length;
      }),
    );
  const allHear = (): Promise<unknown> => takeUntil((heard) => heard >= producers.length);
  const allTick = (): Promise<unknown> =>
    Promise.all(producers.map((producer) => withRetry(COMMAND_RETRY, () => producer.tick([0]))));
  try {
    await Promise.all([allHear(), allTick()]);
    relay.forget();
    const until = Date.now() + FORGETFUL_MS;
    await takeUntil(() => Date.now() > until);
    relay.remember();
    const beganMs = Date.now();
    await Promise.all([allHear(), allTick()]);
    run.diagnostic(`all after ${Math.round((Date.now() - beganMs) / 1_000)} s; ${forgotten} consumers were replaced`);
  } finally {
    await Promise.all([...consumers, ...producers].map((client) => client.close()));
    await relay.close();
  }
});

const isOfPartition0 = ({ partition }: LogRecord): boolean => partition === 0;
