/**
 * A topic that is given partitions while it is counted, on the real Kafka, HBase and HDFS (law L3): 6 become 10 under
 * load, with a worker killed before and one after, with copies before and after the growth in old homes, new homes and
 * elsewhere.
 *
 * Every id counts once, in the API and in the lake, and every epoch's run proves the speed layer. The epoch of the
 * growth goes through Spark, which finds what DuckDB finds; a rebuild from the archive alone gives lake and counts as
 * they were. The topic, group, namespace and folder are the test's own.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { EXIT } from '../../core/process/errors.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { epochAt } from '../../core/domain/epoch.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { addTallies, NO_TALLIES } from '../../core/domain/tallies.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Stores } from '../../core/stores/open.ts';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import type { Rebuilt } from '../../batch-layer/generations/rebuild.ts';
import { reprocess } from '../../batch-layer/run/reprocess.ts';
import { sparkSettings } from '../../core/stores/spark/settings.ts';
import { ensureSpark } from '../../hadoop-compose/spark/command.ts';
import { army } from '../faults/army.ts';
import type { Army } from '../faults/army.ts';
import { caughtUp } from '../faults/exactness.ts';
import { batchWorld, openBatchOf, servingOf } from '../support/batch-world.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { ROOT, sightline } from '../support/main-job.ts';
import { batchCells, differentRows } from '../support/lake-rows.ts';

const [BEFORE, AFTER] = [6, 10];
const EPOCH_SECONDS = 20;
let world: BatchWorld;
let stores: Stores;
let workers: Army;
let cameras: Awaited<ReturnType<typeof feed>>;
let firstEpochOfGrowth = 0;
let lastEpoch: Epoch;
const reports: RunReport[] = [];

before(async () => {
  world = await batchWorld({
    EPOCH_SECONDS: String(EPOCH_SECONDS),
    KAFKA_PARTITIONS: String(BEFORE),
    LOG_LEVEL: 'info',
  });
  stores = await openStores(world.config);
  cameras = await feed(world);
  workers = army(2, world.environment);
});

after(async () => {
  await cameras.stop();
  await workers.stop();
  await stores.close();
  await world.drop();
});

/**
 * Sends until it is stopped: detections, and copies of any that were sent, to the home by either count or to no home at
 * all.
 */
async function feed({ config }: BatchWorld) {
  const kafka = new kafkajs.Kafka({ brokers: config.KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ allowAutoTopicCreation: false, metadataMaxAge: 2_000 });
  await producer.connect();
  const sent: { id: string; value: string }[] = [];
  const made = { sent, counts: [BEFORE], stop: async () => undefined as void };
  let isStopped = false;
  let nextId = 9_107_199_254_740_993n + BigInt(process.pid) * 1_000_000n;
  const at = (id: string, value: string): kafkajs.Message => {
    const count = made.counts[Math.floor(Math.random() * made.counts.length)]!;
    const partition = Math.random() < 0.1 ? Math.floor(Math.random() * count) : homeOf(oid(id), count);
    return { partition, key: id, value };
  };
  const sending = (async () => {
    // kafkajs leaves out, without a word, what is for a partition that it has not heard of; it does not acknowledge it
    // either.
    let waiting: kafkajs.Message[] = [];
    while (!isStopped || waiting.length > 0) {
      const fresh = Array.from({ length: isStopped ? 0 : 100 }, () => {
        const id = String(nextId++);
        return {
          id,
          value: `{"geographical_location_oid":${Number(nextId % 7n)},"video_camera_oid":3,"detection_oid":${id},"item_name":"car","timestamp_detected":${Date.now()}}`,
        };
      });
      sent.push(...fresh);
      const copies = Array.from({ length: isStopped ? 0 : 50 }, () => sent[Math.floor(Math.random() * sent.length)]!);
      const messages = [...waiting, ...[...fresh, ...copies].map(({ id, value }) => at(id, value))];
      const acknowledged = new Set(
        (await producer.send({ topic: config.KAFKA_TOPIC, acks: -1, messages })).map(({ partition }) => partition),
      );
      waiting = messages.filter(({ partition }) => !acknowledged.has(partition!));
      await pause(100);
    }
  })();
  made.stop = async () => {
    isStopped = true;
    await sending;
    await producer.disconnect().catch(() => undefined);
  };
  return made;
}

function topicGrow(...args: string[]): Promise<{ code: number | null; out: string; said: string }> {
  const child = spawn(process.execPath, ['sightline.mjs', 'topic', 'grow', ...args], {
    cwd: ROOT,
    env: world.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, said] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, out, said })));
}

test('the command says what it would do, and refuses fewer partitions', { timeout: 240_000 }, async () => {
  const asked = [[String(AFTER), '--dry-run'], ['5'], [String(BEFORE)]];
  const [dry, fewer, same] = await Promise.all(asked.map((args) => topicGrow('--partitions', ...args)));
  assert.deepEqual(
    [dry!.code, /would give the topic 10 partitions instead of 6/.test(dry!.out)],
    [EXIT.done, true],
    dry!.said,
  );
  assert.deepEqual([fewer!.code, same!.code], [EXIT.usage, EXIT.nothing_to_do], fewer!.said + same!.said);
  assert.equal((await stores.admin.facts())?.partitionCount, BEFORE);
});

/** More than a growth takes until it begins. */
const GROWING_MS = 90_000;

/** A growth that begins at midnight is in the middle of no longer epoch, and a test below asks for such an epoch. */
async function untilMidnightIsFar(): Promise<void> {
  const leftMs = DAY_MS - (Date.now() % DAY_MS);
  if (leftMs < GROWING_MS) await pause(leftMs + 1_000);
}

test('6 partitions become 10 under load, with workers killed', { timeout: 400_000 }, async () => {
  await untilMidnightIsFar();
  workers.killOne();
  const growing = topicGrow('--partitions', String(AFTER));
  while ((await stores.admin.facts())?.partitionCount !== AFTER) await pause(200);
  cameras.counts.push(AFTER);
  while ((await stores.control.growth(1)).growths.length === 0) await pause(200);
  workers.killOne();
  const grown = await growing;
  assert.equal(grown.code, EXIT.done, grown.said);
  assert.match(grown.out, /^10 partitions count from epoch \S+ on\n$/);
  workers.throwIfRefused();
  firstEpochOfGrowth = epochAt((await stores.control.growth(1)).growths[0]!.from, stores.rules);
  assert.equal((await topicGrow('--partitions', String(AFTER))).code, EXIT.nothing_to_do, 'again');
  await pause(3_000);
  await cameras.stop();
});

test('every id counts once, and new partitions count', { timeout: 300_000 }, async () => {
  // A stray may be sent on once more when the topic has grown.
  for (let hops = 0; hops < 3; hops++) await caughtUp(stores);
  const progress = await stores.control.progress(
    1,
    Array.from({ length: AFTER }, (_, partition) => partition),
  );
  const tallies = progress.map((each) => each!.tallies);
  const all = tallies.reduce(addTallies, NO_TALLIES);
  assert.deepEqual([all.new, all.deferred, all.dead_letters], [cameras.sent.length, 0, 0]);
  assert.ok(
    tallies.slice(BEFORE).every((each) => each.new > 0),
    'something is met in every new partition',
  );
  workers.throwIfRefused();
  assert.equal(await totalOf(), cameras.sent.length);
  const serving = servingOf(world.config);
  assert.equal((await serving.trust()).partitions.length, AFTER);
  await serving.close();
});

/** Of everything that is counted, as the API says it. */
async function totalOf(): Promise<number> {
  const serving = servingOf(world.config);
  try {
    return (await serving.topItems({ location: 'all', from: Date.now() - 3_600_000, to: Date.now() + 60_000 })).total;
  } finally {
    await serving.close();
  }
}

test('the run of every epoch, before the growth and after, proves the speed layer', { timeout: 600_000 }, async () => {
  lastEpoch = epochAt(Date.now(), stores.rules);
  while (epochAt(Date.now() - 1_000, stores.rules) <= lastEpoch) await pause(200);
  const { context, close } = await openBatchOf(world.config);
  const inTime = { ...context, settings: { ...context.settings, speedWaitMs: 60_000 } };
  const spark = {
    ...(await sparkSettings({ ...world.config, SPARK_MASTER: 'local[2]' })),
    submit: await ensureSpark(),
  };
  const inSpark = { ...inTime, settings: { ...inTime.settings, spark } };
  const [before_, grown] = [(firstEpochOfGrowth - 1) as Epoch, firstEpochOfGrowth as Epoch];
  const took = (report: RunReport): void => void reports.push(report);
  await publishEpochs(inTime, { from: null, to: before_ }, took);
  await publishEpochs(inSpark, { from: grown, to: grown }, took);
  await publishEpochs(inTime, { from: null, to: lastEpoch }, took);
  await close();
  assert.deepEqual(
    reports.map(({ result, comparison }) => [
      result,
      comparison.differences.listed,
      comparison.tally_differences,
      comparison.unproven,
    ]),
    reports.map(() => ['proved', [], [], []]),
  );
  assert.equal(
    reports.reduce((sum, { rows }) => sum + rows, 0),
    cameras.sent.length,
    'rows',
  );
  const met = (isAfter: boolean): number =>
    reports
      .filter(({ epoch_number: epoch }) => epoch >= firstEpochOfGrowth === isAfter)
      .reduce((sum, { rows }) => sum + rows, 0);
  assert.ok(met(false) > 0 && met(true) > 0, 'the growth came in the middle');
  assert.equal(await totalOf(), cameras.sent.length);
});

test(
  'the first epoch with more partitions went through Spark, and DuckDB finds the same rows in the log',
  { timeout: 300_000 },
  async () => {
    const report = reports.find(({ epoch_number: epoch }) => epoch === firstEpochOfGrowth)!;
    assert.deepEqual([report.engine, report.partitions.length], ['spark', AFTER]);
    assert.ok(report.rows > 0 && report.copies_of_earlier_epochs > 0, 'copies of what was met by the old count');
    const { context, close } = await openBatchOf(world.config);
    const found = await reprocess(context, firstEpochOfGrowth as Epoch);
    await close();
    assert.deepEqual(
      [found.only_published, found.only_computed, found.rows, found.altered_files],
      [0, 0, report.rows, []],
    );
  },
);

test(
  'a rebuild to epochs in the middle of one of which the topic grew is refused, and can be asked for otherwise',
  { timeout: 120_000 },
  async () => {
    const { code, stderr } = await sightline(['batch', 'rebuild'], { ...world.environment, EPOCH_SECONDS: '86400' });
    assert.equal(code, EXIT.usage);
    assert.match(stderr, /grew to 10 partitions at .* in the middle of an epoch of 86400 seconds/);
    assert.equal(await stores.control.rebuilding(2), null, 'one that is recorded would have to be finished');
  },
);

test(
  'a rebuild from the archive alone goes through the growth too, row by row and cell by cell',
  { timeout: 300_000 },
  async () => {
    const horizon = await stores.control.horizon(1);
    const before_ = await batchCells(world.config, 1);
    const { code, stdout } = await sightline(['batch', 'rebuild', '--json'], world.environment);
    assert.equal(code, EXIT.done);
    const rebuilt = JSON.parse(stdout) as Rebuilt;
    assert.deepEqual(
      [rebuilt.switched, rebuilt.different, rebuilt.epochs, rebuilt.rows],
      [true, [], reports.length, cameras.sent.length],
    );
    assert.ok(before_.length > 0);
    assert.deepEqual(await batchCells(world.config, 2), before_);
    assert.deepEqual(await differentRows(world.config, ['lake', '_generation-1/lake']), {
      rows: cameras.sent.length,
      different: 0,
    });
    const after_ = await stores.control.horizon(2);
    assert.deepEqual([after_?.epoch, after_?.cuts], [horizon?.epoch, horizon?.cuts]);
    assert.equal(await totalOf(), cameras.sent.length);
  },
);
