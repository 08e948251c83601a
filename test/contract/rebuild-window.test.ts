/**
 * A rebuild that changes W, on the real Kafka, HBase and HDFS (laws L6 and L9): 3 days become 6, and 3 again.
 *
 * W is days, so the first records get stamps of days ago: the topic takes the producer's stamps while they are sent,
 * and LogAppendTime again before anybody reads. From then on all is as ever: copies of today are copies under one W and
 * new under the other, each generation counts by first-met rows of its own, and what a generation leaves behind goes.
 * The shortest life of rows is checked by the processes themselves.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { OldGeneration } from '../../batch-layer/generations/drop.ts';
import type { Rebuilt } from '../../batch-layer/generations/rebuild.ts';
import { DAY_MS, HOUR_MS, instant } from '../../core/domain/time.ts';
import { topicPlans } from '../../core/layout/log.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';
import type { LogAdmin } from '../../core/stores/kafka/types.ts';
import { openRowStore } from '../../core/stores/open.ts';
import type { RowStore } from '../../core/stores/room/row-store.ts';
import type { FirstMetSets } from '../../core/stores/tables/first-met-sets.ts';
import { batchWorld, servingOf } from '../support/batch-world.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { ROOT, sightline } from '../support/main-job.ts';

const SETTINGS = { EPOCH_SECONDS: '86400', KAFKA_PARTITIONS: '1', SPEED_WAIT_SECONDS: '180', PRUNE_GRACE_SECONDS: '3' };
const NOW = Date.now();
/**
 * Met four and a half days ago, and two: in force today under a W of 6 days, the second one under one of 3 days too.
 */
const LONG_AGO = { ids: ['9007199254740993', '9007199254740995'], at: NOW - 4.5 * DAY_MS };
const LATELY = { ids: ['9007199254740997'], at: NOW - 2 * DAY_MS };
const TODAY = { ids: ['9007199254740999'], at: NOW };

let world: BatchWorld;
let store: RowStore;
let admin: LogAdmin;
let sets: FirstMetSets;
let speed: ChildProcess | null = null;
let kafka: kafkajs.Kafka;

before(async () => {
  world = await batchWorld(SETTINGS);
  store = openRowStore(world.config);
  admin = logAdmin(world.config);
  sets = store.firstMetSets(admin);
  kafka = new kafkajs.Kafka({ brokers: world.config.KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
  await stampedBy('CreateTime');
  for (const { ids, at } of [LONG_AGO, LATELY]) await send(ids, at);
  await stampedBy('LogAppendTime');
});

after(async () => {
  speed?.kill('SIGKILL');
  await Promise.all([store.close(), admin.close()]);
  await world.drop();
});

async function stampedBy(type: 'CreateTime' | 'LogAppendTime', changes: Record<string, string> = {}): Promise<void> {
  const {
    KAFKA_TOPIC: topic,
    KAFKA_DEAD_LETTER_TOPIC: deadLetterTopic,
    KAFKA_RETENTION_HOURS,
    KAFKA_SEGMENT_MB,
  } = world.config;
  const plan = topicPlans({
    ...{ topic, deadLetterTopic, partitions: 1, replication: 1, retentionMs: KAFKA_RETENTION_HOURS * HOUR_MS },
    segmentBytes: KAFKA_SEGMENT_MB * 1_048_576,
  })[0]!;
  const configEntries = Object.entries({ ...plan.config, 'message.timestamp.type': type, ...changes }).map(
    ([name, value]) => ({ name, value }),
  );
  const admin = kafka.admin();
  await admin.connect();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
  });
  await admin.disconnect();
}

/** Detections of these ids, made at `at`; the topic may stamp them with it. */
async function send(ids: readonly string[], at: number): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const messages = ids.map((id) => ({
    ...{ key: id, partition: 0, timestamp: String(Math.round(at)) },
    value: `{"geographical_location_oid":7,"video_camera_oid":3,"detection_oid":${id},"item_name":"van","timestamp_detected":${Math.round(at)}}`,
  }));
  await producer.send({ topic: world.config.KAFKA_TOPIC, acks: -1, messages });
  await producer.disconnect();
}

const windowOf = (days: string): NodeJS.ProcessEnv => ({ ...world.environment, DEDUP_WINDOW_DAYS: days });
const startSpeed = (days: string): void => {
  speed = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: windowOf(days),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};
const families = async (): Promise<string[]> => (await sets.unneeded([])).sort();

/** What serving counts of the last days and of the last hours, once everything that is in the log is counted. */
async function counted(): Promise<{ days: number; today: number }> {
  const serving = servingOf(world.config);
  const total = async (from: number): Promise<number> =>
    (await serving.topItems({ from: instant(Math.round(from)), to: instant(NOW + HOUR_MS), location: 'all' })).total;
  try {
    for (
      let tries = 0;
      (await serving.trust()).partitions.some(({ behind_records: behind }) => behind !== 0);
      tries++
    ) {
      assert.ok(tries < 300, 'the speed layer comes to the end of the log');
      await pause(500);
    }
    return { days: await total(NOW - 7 * DAY_MS), today: await total(NOW - 3 * HOUR_MS) };
  } finally {
    await serving.close();
  }
}

async function rebuilt(days: string): Promise<Rebuilt> {
  const ended = new Promise<number | null>((resolve) => speed!.once('exit', resolve));
  const done = await sightline(['batch', 'rebuild', '--json', '--accept-differences'], windowOf(days));
  assert.equal(done.code, 0, done.stderr);
  assert.equal(await ended, 5, 'a worker of the generation before ends, for its supervisor to start it again');
  startSpeed(days);
  return JSON.parse(done.stdout) as Rebuilt;
}

test(
  'under a W of 3 days what was met 4.5 days ago is new today, and what was met 2 days ago is a copy',
  { timeout: 300_000 },
  async () => {
    startSpeed('2');
    const run = await sightline(['batch', 'run', '--json'], windowOf('2'));
    assert.equal(run.code, 0, run.stderr);
    // The same ids again, as detections of today: given a new timestamp, they are not deferred.
    for (const { ids } of [LONG_AGO, LATELY, TODAY]) await send(ids, NOW);
    const { days, today } = await counted();
    assert.deepEqual([days, today], [3 + 2 + 1, 2 + 1]);
  },
);

test(
  'a rebuild to a W of 6 days takes them for copies, from first-met rows of its own',
  { timeout: 300_000 },
  async () => {
    assert.equal((await rebuilt('5')).generation, 2);
    const { days, today } = await counted();
    assert.deepEqual([days, today], [3 + 1, 1]);
    assert.deepEqual(await families(), ['d', 'd2']);
    const rules = (await store.control.rules())!;
    const [first, second] = [await sets.life({ ...rules, ownFirstMet: false }), await sets.life(rules)];
    assert.equal(second!.ttlSeconds! - first!.ttlSeconds!, 3 * 86_400, 'each set lives for the W of its generation');
  },
);

test(
  'a rebuild back to 3 days takes them for new again, and what the generations before left goes',
  { timeout: 300_000 },
  async () => {
    assert.equal((await rebuilt('2')).generation, 3);
    const before_ = await counted();
    assert.deepEqual([before_.days, before_.today], [3 + 2 + 1, 2 + 1]);
    assert.deepEqual(await families(), ['d', 'd2', 'd3']);
    await pause(3_500);
    const removed = await sightline(['batch', 'prune', '--generations', '--json'], windowOf('2'));
    const gone = removed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as OldGeneration);
    assert.deepEqual(
      [removed.code, gone.map(({ generation, firstMetFamily }) => [generation, firstMetFamily])],
      [
        0,
        [
          [1, 'd'],
          [2, 'd2'],
        ],
      ],
    );
    assert.deepEqual(await families(), ['d3']);
    await send([...LONG_AGO.ids, ...TODAY.ids], NOW);
    assert.deepEqual(await counted(), before_, 'copies of today stay copies');
    const prepared = await sightline(['prepare'], windowOf('2'));
    assert.deepEqual([prepared.code, await families()], [0, ['d3']]);
  },
);

test(
  'a topic that keeps records for longer than first-met rows live is refused by every layer that decides, until prepare was run',
  { timeout: 300_000 },
  async () => {
    const ended = new Promise<number | null>((resolve) => speed!.once('exit', resolve));
    speed!.kill('SIGTERM');
    await ended;
    await stampedBy('LogAppendTime', { 'retention.ms': String(30 * DAY_MS) });
    for (const words of [['speed'], ['batch', 'run']]) {
      const refused = await sightline(words, windowOf('2'));
      assert.equal(refused.code, 2, refused.stderr);
      assert.match(
        refused.stderr,
        /(?:family d3|first_met_3), live for 12 days, and 35 days are needed: .*"sightline prepare" raises the time to live/,
      );
    }
    assert.equal((await sightline(['prepare'], windowOf('2'))).code, 0);
    startSpeed('2');
    assert.ok([0, 3].includes((await sightline(['batch', 'run'], windowOf('2'))).code!));
    assert.ok((await counted()).days > 0);
  },
);
