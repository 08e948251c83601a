/**
 * A topic that is changed while it is read, on the real Kafka, with real workers and runs: whoever would count wrongly
 * stops and names the remedy, `prepare` mends it, and what came meanwhile is counted once by both layers (laws L1, L5,
 * L7).
 *
 * Topic, namespace and folder are the test's own.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { readConfig } from '../../core/process/config.ts';
import { topicFaults } from '../../core/layout/topic-settings.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { batchWorld } from '../support/batch-world.ts';
import { eventually, ROOT, sightline } from '../support/main-job.ts';

const EPOCH_SECONDS = 10;
/** Three looks of a worker, and its end. */
const STOP_LIMIT_MS = 90_000;

let world: BatchWorld;
let admin: ReturnType<typeof logAdmin>;
let kafka: kafkajs.Kafka;
let tools: kafkajs.Admin;
let producer: kafkajs.Producer;
const workers = new Set<ChildProcess>();
/** The environment of a system that begins anew over the topic. */
let next: NodeJS.ProcessEnv | null = null;
let serial = 9_100_000_000_000_000n;

before(async () => {
  world = await batchWorld({ EPOCH_SECONDS: String(EPOCH_SECONDS), SPEED_WAIT_SECONDS: '60' });
  admin = logAdmin(world.config);
  kafka = new kafkajs.Kafka({ brokers: world.config.KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
  tools = kafka.admin();
  producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([tools.connect(), producer.connect()]);
});

after(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all([tools.disconnect(), producer.disconnect(), admin.close()]);
  await world.drop();
  if (next) await world.dropBeside(readConfig(next));
});

/** Sends so many new detections, with this stamp of the producer's. */
async function send(count: number, stamp = Date.now()): Promise<void> {
  const messages = Array.from({ length: count }, () => {
    const id = String(serial++);
    const value = `{"geographical_location_oid":17,"video_camera_oid":3,"detection_oid":${id},"item_name":"car","timestamp_detected":${Date.now()}}`;
    return { partition: homeOf(oid(id), world.config.KAFKA_PARTITIONS), key: id, value, timestamp: String(stamp) };
  });
  await producer.send({ topic: world.name, acks: -1, messages });
}

function startWorker(environment = world.environment): {
  ended: Promise<{ code: number | null; said: string }>;
  stop(): Promise<void>;
} {
  const worker = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  workers.add(worker);
  let said = '';
  worker.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    worker.on('exit', (code) => {
      workers.delete(worker);
      resolve({ code, said });
    }),
  );
  const stop = async (): Promise<void> => {
    worker.kill('SIGTERM');
    await ended;
  };
  return { ended, stop };
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = pause(STOP_LIMIT_MS, undefined, { ref: false }).then(() =>
    assert.fail(`${what} within ${STOP_LIMIT_MS / 1_000} s`),
  );
  return Promise.race([promise, late]);
}

/** The group's offsets follow what is counted. */
async function untilCounted(): Promise<void> {
  const behind = async (): Promise<number> => {
    const [topic] = await tools.fetchOffsets({ groupId: world.name, topics: [world.name] });
    const offsetOf = new Map(
      topic!.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]),
    );
    return (await admin.ends()).reduce((sum, { partition, high }) => sum + high - (offsetOf.get(partition) ?? 0), 0);
  };
  await eventually('everything counted', behind, (records) => records === 0, 120_000);
}

const faults = async (): Promise<string[]> =>
  topicFaults((await admin.facts())!, 0).map(
    ({ topic, setting }) => `${topic === world.name ? 'log' : 'letters'} ${setting}`,
  );
const prepare = async (): Promise<string> => {
  const { code, stderr } = await sightline(['prepare'], world.environment);
  assert.equal(code, 0, stderr);
  return stderr;
};

test('changing one setting leaves the others of the topic as they are', async () => {
  const before = (await admin.facts())!.settings;
  await admin.configure(world.name, { 'retention.ms': '90000000' });
  const { settings } = (await admin.facts())!;
  assert.equal(settings.get('retention.ms'), '90000000');
  assert.deepEqual(new Map([...settings, ['retention.ms', before.get('retention.ms')!]]), before);
  await admin.configure(world.name, { 'retention.ms': before.get('retention.ms')! });
});

test(
  'prepare mends what the layers would refuse, says so, and leaves the rest to the operator',
  { timeout: 240_000 },
  async () => {
    await admin.configure(world.name, {
      'cleanup.policy': 'compact',
      'max.message.bytes': '50000',
      'retention.bytes': '1000000',
      'compression.type': 'zstd',
    });
    await tools.deleteTopics({ topics: [`${world.name}.dlq`] });
    await eventually('the letters gone', faults, (found) => found.includes('letters the topic'), 30_000);
    assert.deepEqual((await faults()).sort(), [
      'letters the topic',
      'log cleanup.policy',
      'log compression.type',
      'log max.message.bytes',
      'log retention.bytes',
    ]);
    const doctor = await sightline(['doctor'], world.environment);
    assert.match(doctor.stdout, /WRONG Kafka at .*cleanup.policy=compact, delete was expected/);
    const said = await prepare();
    assert.match(said, /max.message.bytes was 50000 and is 1048588 now/);
    assert.deepEqual(await faults(), []);

    await admin.configure(world.name, { 'retention.ms': '1000' });
    const { code, stderr } = await sightline(['prepare'], world.environment);
    assert.equal(code, 4);
    assert.match(
      stderr,
      /retention.ms=1000, at least 20000 was expected.*kafka-configs.sh .*--add-config retention.ms=20000/,
    );
    await admin.configure(world.name, { 'retention.ms': '604800000' });
  },
);

test(
  "both layers stop when records come with producers' stamps, and go on with the same counts once that is mended",
  { timeout: 400_000 },
  async () => {
    const worker = startWorker();
    await send(20);
    await untilCounted();
    await admin.configure(world.name, { 'message.timestamp.type': 'CreateTime' });
    await send(20, Date.now() - 3 * 3_600_000);
    const remedy =
      /has message.timestamp.type=CreateTime, LogAppendTime was expected.*"sightline prepare" mends it, or kafka-configs.sh .*message.timestamp.type=LogAppendTime/;
    const { code, said } = await within(worker.ended, 'the worker ends');
    assert.equal(code, 4);
    assert.match(said, remedy);
    for (const args of [['speed'], ['batch', 'run'], ['batch', 'archive']]) {
      const { code: refused, stderr } = await sightline(args, world.environment);
      assert.deepEqual(
        [refused, /LogAppendTime.*Mend it with "sightline prepare"/.test(stderr)],
        [4, true],
        `${args.join(' ')}: ${stderr}`,
      );
    }

    assert.match(await prepare(), /message.timestamp.type was CreateTime and is LogAppendTime now/);
    const successor = startWorker();
    await send(20);
    await untilCounted();
    await pause(EPOCH_SECONDS * 1_000);
    const reports: RunReport[] = [];
    while (reports.reduce((sum, { rows }) => sum + rows, 0) < 60) {
      const run = await sightline(['batch', 'run', '--json'], world.environment);
      assert.ok([0, 3].includes(run.code), run.stderr);
      reports.push(
        ...run.stdout
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as RunReport),
      );
      await pause(2_000);
    }
    assert.equal(
      reports.reduce((sum, { rows }) => sum + rows, 0),
      60,
    );
    assert.deepEqual(
      reports.filter(({ result }) => result !== 'proved').map(({ epoch, result }) => [epoch, result]),
      [],
    );
    await successor.stop();
  },
);

test(
  'a worker with a letter to keep ends when their topic is deleted, instead of waiting for ever',
  { timeout: 240_000 },
  async () => {
    const worker = startWorker();
    await send(1);
    await untilCounted();
    await tools.deleteTopics({ topics: [`${world.name}.dlq`] });
    await producer.send({ topic: world.name, messages: [{ partition: 0, key: null, value: 'poison' }] });
    const { code, said } = await within(worker.ended, 'the worker ends');
    assert.equal(code, 4);
    assert.match(said, /Topic \S+\.dlq does not exist.*"sightline prepare" creates it/);
    await prepare();
    const successor = startWorker();
    await untilCounted();
    const letters = await sightline(['dlq', 'list'], world.environment);
    assert.match(letters.stdout, /not_json/);
    await successor.stop();
  },
);

test(
  'a worker ends when the topic is created anew, and when it gets partitions by hand',
  { timeout: 300_000 },
  async () => {
    const worker = startWorker();
    await send(1);
    await untilCounted();
    await tools.deleteTopics({ topics: [world.name] });
    await eventually(
      'the topic gone',
      () => tools.listTopics(),
      (topics) => !topics.includes(world.name),
      30_000,
    );
    await withRetry(COMMAND_RETRY, () => admin.ensureTopics());
    const anew = await within(worker.ended, 'the worker ends');
    assert.equal(anew.code, 4);
    assert.match(
      anew.said,
      /created anew, so its offsets mean other records|it was deleted, with every record that was not archived/,
    );

    next = {
      ...world.environment,
      HBASE_NAMESPACE: `${world.name}_2`,
      SIGHTLINE_ROOT: `/sightline/${world.name}_2`,
      KAFKA_GROUP: `${world.name}_2`,
    };
    assert.equal((await sightline(['prepare'], next)).code, 0);
    const second = startWorker(next);
    await pause(10_000);
    await admin.grow(world.config.KAFKA_PARTITIONS + 1);
    const grown = await within(second.ended, 'the worker ends');
    assert.equal(grown.code, 4);
    assert.match(grown.said, /has at least 4 partitions, recorded were 3.*"sightline topic grow" only/);
  },
);
