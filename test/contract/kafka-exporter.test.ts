/**
 * The Kafka exporter on a real broker, as the process that people start: what it shows of a topic and a group, and that
 * its scrape ends when there is no broker.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { readConfig } from '../../core/process/config.ts';
import { ROOT, eventually } from '../support/main-job.ts';

const topic = `contract_${randomBytes(4).toString('hex')}`;
const group = `${topic}.readers`;
const { KAFKA_BROKERS } = readConfig();
const kafka = new kafkajs.Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
const admin = kafka.admin();
const started: ChildProcess[] = [];

before(async () => {
  await admin.connect();
  const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3, configEntries }] });
});

after(async () => {
  for (const child of started) child.kill('SIGKILL');
  await admin.deleteGroups([group]).catch(() => undefined);
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
});

interface Exporter {
  readonly url: string;
  stop(): Promise<number | null>;
}

async function startExporter(brokers: string, ...options: string[]): Promise<Exporter> {
  const child = spawn(process.execPath, [`${ROOT}/sightline.mjs`, 'kafka-exporter', ...options], {
    env: { ...process.env, KAFKA_BROKERS: brokers, KAFKA_EXPORTER_PORT: '0', KAFKA_EXPORTER_SECONDS: '2' },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  started.push(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await new Promise<string>((resolve) => {
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const found = /"port":(\d+)/.exec(text);
      if (found) resolve(found[1]!);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  assert.equal(response.status, 200);
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('kafka_'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

async function promtoolFaults(url: string): Promise<string | null> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Promise((resolve) => {
    const child = execFile('promtool', ['check', 'metrics'], (error, stdout, stderr) =>
      resolve(error && 'code' in error && error.code === 'ENOENT' ? null : stdout + stderr),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(text);
  });
}

test('a topic and a group are shown as they are, with lag in seconds from the stamps in the log', async () => {
  const producer = kafka.producer();
  await producer.connect();
  const send = (partition: number, count: number): Promise<unknown> =>
    producer.send({
      topic,
      acks: -1,
      compression: kafkajs.CompressionTypes.GZIP,
      messages: Array.from({ length: count }, () => ({ partition, value: gzipSync(randomBytes(64)) })),
    });
  const beforeMs = Date.now();
  await send(0, 5);
  const betweenMs = Date.now();
  await send(0, 3);
  await send(1, 4);
  await producer.disconnect();
  await admin.setOffsets({
    groupId: group,
    topic,
    partitions: [
      { partition: 0, offset: '2' },
      { partition: 1, offset: '4' },
    ],
  });
  const exporter = await startExporter(KAFKA_BROKERS, '--topics', `^${topic}$`, '--groups', `^${topic}`);
  const found = await scrape(exporter.url);
  const of = (name: string, partition: number, groupLabel = ''): number | undefined =>
    found.get(`kafka_${name}{${groupLabel}topic="${topic}",partition="${partition}"}`);
  const inGroup = `consumergroup="${group}",`;
  assert.equal(found.get('kafka_exporter_up'), 1);
  assert.equal(found.get('kafka_brokers'), 1);
  assert.equal(found.get(`kafka_topic_partitions{topic="${topic}"}`), 3);
  assert.deepEqual(
    [0, 1, 2].map((n) => [of('topic_partition_current_offset', n), of('topic_partition_oldest_offset', n)]),
    [
      [8, 0],
      [4, 0],
      [0, 0],
    ],
  );
  assert.deepEqual(
    [0, 1, 2].map((n) => [of('consumergroup_current_offset', n, inGroup), of('consumergroup_lag', n, inGroup)]),
    [
      [2, 6],
      [4, 0],
      [-1, -1],
    ],
  );
  assert.equal(found.get(`kafka_consumergroup_lag_sum{${inGroup}topic="${topic}"}`), 6);
  assert.equal(found.get(`kafka_consumergroup_members{consumergroup="${group}"}`), 0);
  const seconds = of('consumergroup_lag_seconds', 0, inGroup)!;
  const greatest = (Date.now() - beforeMs) / 1_000;
  assert.ok(seconds >= 0 && seconds <= greatest + 1 && seconds >= 0, `${seconds} of at most ${greatest}`);
  assert.ok(seconds >= greatest - (betweenMs - beforeMs) / 1_000 - 1, 'counted from the first record that is unread');
  assert.equal(of('consumergroup_lag_seconds', 1, inGroup), 0);
  assert.ok(![...found.keys()].some((key) => key.includes('__consumer_offsets')), 'the filter holds');
  const faults = await promtoolFaults(exporter.url);
  // The common exporter's two names that promtool would have otherwise, and nothing else.
  if (faults !== null)
    assert.deepEqual(
      faults
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(' ')[0]),
      ['kafka_consumergroup_current_offset_sum', 'kafka_consumergroup_lag_sum'],
    );
  assert.equal(await exporter.stop(), 0);
});

test('right after a rebalance, and when records were deleted before they were read, lag in seconds is there', async () => {
  const consumer = kafka.consumer({ groupId: group, minBytes: 1, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic });
  let readTo = -1;
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      if (partition === 0) readTo = Number(message.offset);
    },
  });
  const exporter = await startExporter(KAFKA_BROKERS, '--topics', `^${topic}$`, '--groups', `^${topic}`);
  try {
    const members = `kafka_consumergroup_members{consumergroup="${group}"}`;
    const lag = `{consumergroup="${group}",topic="${topic}",partition="0"}`;
    const joined = await eventually(
      'a member',
      () => scrape(exporter.url),
      (found) => found.get(members) === 1,
      30_000,
    );
    assert.ok(joined.get(`kafka_consumergroup_lag_seconds${lag}`)! >= 0);
    await eventually(
      'records',
      async () => readTo,
      (offset) => offset === 7,
      30_000,
    );
    await consumer.disconnect();
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
    const found = await scrape(exporter.url);
    assert.equal(found.get(`kafka_topic_partition_oldest_offset{topic="${topic}",partition="0"}`), 6);
    assert.equal(found.get(`kafka_consumergroup_lag${lag}`), 6);
    assert.ok(found.get(`kafka_consumergroup_lag_seconds${lag}`)! > 0, 'the age of the first record that is left');
  } finally {
    await exporter.stop();
  }
});

test('a broker that is away ends the scrape in time and leaves nothing of before', async () => {
  // Nobody listens on port 9 of this machine's last loopback address.
  const exporter = await startExporter('127.255.255.254:9');
  const began = performance.now();
  const found = await scrape(exporter.url);
  assert.ok(performance.now() - began < 4_000);
  assert.deepEqual(
    [...found.keys()],
    ['kafka_exporter_up', 'kafka_exporter_faults', 'kafka_exporter_look_seconds', 'kafka_brokers'],
  );
  assert.deepEqual([found.get('kafka_exporter_up'), found.get('kafka_brokers')], [0, 0]);
  const ready = await fetch(`${exporter.url}/readyz`);
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /no broker answered/);
  assert.equal(await exporter.stop(), 0);
});
