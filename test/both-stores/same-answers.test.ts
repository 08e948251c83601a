/**
 * HBase and Cassandra give the same answers: two systems read one log, each with its own store of rows, lake and group.
 *
 * The log holds what cameras send: copies, copies at other partitions and without keys, copies with another time,
 * detections that are days late, poison. Every answer of the API is compared, but for what tells the moment of the
 * answer: while nothing is published, at each horizon, and after all epochs were published and pruned.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { endOf, epochAt } from '../../core/domain/epoch.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { dateOf, DAY_MS } from '../../core/domain/time.ts';
import { prepare } from '../../admin/prepare/prepare.ts';
import { readPlaces } from '../../admin/reference/places.ts';
import type { OpenBatch } from '../../batch-layer/commands/open.ts';
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import { readRun } from '../../core/stores/lake/runs.ts';
import type { ListedRow } from '../../serving/answers.ts';
import type { Serving } from '../../serving/app/app.ts';
import type { BatchWorld, Feed } from '../support/batch-world.ts';
import { batchWorld, feed, kafkaOf, openBatchOf, servingOf } from '../support/batch-world.ts';
import type { CassandraBeside } from '../support/cassandra-beside.ts';
import { cassandraBeside } from '../support/cassandra-beside.ts';
import { eventually, ROOT } from '../support/main-job.ts';
import { publishUpTo } from '../support/publish.ts';

const SETTINGS = { EPOCH_SECONDS: '20', SPEED_WAIT_SECONDS: '180', PRUNE_GRACE_SECONDS: '0' };
const FED_MS = 30_000;
const LIMIT_MS = 180_000;
const PAGE = 500;

interface System {
  readonly config: Config;
  readonly worker: ChildProcess;
  readonly batch: OpenBatch;
  readonly serving: Serving;
}

let beside: CassandraBeside;
let world: BatchWorld;
const systems: System[] = [];
let fed: Feed;
let late: string[];

async function systemOf(environment: NodeJS.ProcessEnv): Promise<System> {
  const config = readConfig(environment);
  await prepare(config, () => undefined, readPlaces());
  const batch = await openBatchOf(config);
  const worker = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: { ...environment, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { config, worker, batch, serving: servingOf(config, { callTimeoutMs: 5_000, operationTimeoutMs: 30_000 }) };
}

before(async () => {
  beside = await cassandraBeside();
  world = await batchWorld({ ...SETTINGS, ...beside.settings, STORES: 'hbase' });
  const other = `${world.name}_c`;
  systems.push(await systemOf(world.environment));
  systems.push(
    await systemOf({
      ...world.environment,
      ...{ STORES: 'cassandra', HBASE_NAMESPACE: other, KAFKA_GROUP: other, SIGHTLINE_ROOT: `/sightline/${other}` },
    }),
  );
  fed = await feed(world.config);
});
after(async () => {
  for (const { worker, batch, serving, config } of systems) {
    worker.kill('SIGKILL');
    await serving.close();
    await batch.close();
    if (config.STORES === 'cassandra') await world.dropBeside(config);
  }
  await fed?.stop();
  await world?.drop();
  await beside?.stop();
});

/** Detections that are days late, and copies of what was sent with another time: both are decided by the log alone. */
async function sendOddOnes(): Promise<string[]> {
  const producer = kafkaOf(world.config).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const sent = [...fed.ids].slice(0, 20);
  const own = sent.map((id) => String(BigInt(id) + 1_000_000_000_000n));
  const messageOf = (id: string, at: number) => ({
    partition: homeOf(oid(id), world.config.KAFKA_PARTITIONS),
    key: id,
    value:
      `{"geographical_location_oid":2,"video_camera_oid":3,"detection_oid":${id},"item_name":"late",` +
      `"timestamp_detected":${at}}`,
  });
  const messages = [
    ...sent.map((id) => messageOf(id, Date.now() + 5_000)),
    ...own.map((id) => messageOf(id, Date.now() - 3 * DAY_MS)),
    ...own.map((id) => messageOf(id, Date.now() - 3 * DAY_MS)),
  ];
  await producer.send({ topic: world.config.KAFKA_TOPIC, acks: -1, messages });
  await producer.disconnect();
  return own;
}

/** Everything that the API says of the last five days, without what tells the moment. */
async function told({ serving }: System, to: number): Promise<unknown> {
  const window = { from: to - 5 * DAY_MS, to };
  const scopes = ['all' as const, ...['1', '2', '404404'].map((place) => oid(place))];
  const perScope = await Promise.all(
    scopes.map(async (location) => {
      const [items, minutes, hours] = await Promise.all([
        serving.topItems({ location, ...window, limit: 1_000, parts: true }),
        serving.timeline({ location, from: to - 7_200_000, to, stepSeconds: 60, parts: true }),
        serving.timeline({ location, ...window, stepSeconds: 3_600, parts: true }),
      ]);
      return { total: items.total, items: items.items, parts: items.parts, points: [minutes.points, hours.points] };
    }),
  );
  const { locations } = await serving.locations({ ...window, parts: true });
  const [first] = fed.ids;
  const one = await serving.detection(oid(first!));
  const lateOne = late.length > 0 ? await serving.detection(oid(late[0]!), dateOf(Date.now() - 3 * DAY_MS)) : null;
  const { tallies, dead_letters: dead, horizon } = await serving.trust();
  return {
    perScope,
    locations,
    pages: await paged(serving, window),
    detections: [one, lateOne].map((each) => each && { ...each, found_in: null }),
    trust: { tallies, dead, horizon: horizon && { ...horizon, published_at: null } },
  };
}

async function paged(serving: Serving, window: { from: number; to: number }): Promise<ListedRow[]> {
  const rows: ListedRow[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const question = { location: 'all' as const, ...window, limit: PAGE, ...(cursor ? { cursor } : {}) };
    const page = await serving.detections(question);
    rows.push(...page.detections);
    cursor = page.next_cursor;
  }
  return rows;
}

async function assertSame(when: string): Promise<void> {
  const to = Math.ceil(Date.now() / 60_000) * 60_000 + 120_000;
  const [hbase, cassandra] = await Promise.all(systems.map((system) => told(system, to)));
  assert.deepEqual(cassandra, hbase, when);
}

const isReadBy = async ({ batch }: System): Promise<boolean> => {
  const { admin, control, rules } = batch.context;
  const ends = await admin.ends();
  const progress = await control.progress(rules.generation, [0, 1, 2]);
  return ends.every(({ partition, high }) => progress[partition]?.nextOffset === high);
};

/** Strays that come home are records too, so the end is looked for twice. */
async function readToTheEnd(): Promise<void> {
  for (let i = 0; i < 2; i++)
    for (const system of systems) await eventually('the log read', () => isReadBy(system), Boolean, LIMIT_MS);
}

test('while nothing is published every answer is the same', { timeout: 300_000 }, async () => {
  late = [];
  await pause(FED_MS);
  late = await sendOddOnes();
  await fed.stop();
  await readToTheEnd();
  await assertSame('in the speed view');
  const { total } = await systems[1]!.serving.topItems({
    location: 'all',
    from: Date.now() - DAY_MS,
    to: Date.now() + DAY_MS,
  });
  assert.equal(total, fed.ids.size);
});

test('at every horizon every answer is the same', { timeout: 600_000 }, async () => {
  const { rules } = systems[0]!.batch.context;
  const last = epochAt(Date.now(), rules);
  await pause(endOf(last, rules) - Date.now() + 500);
  for (let epoch = rules.firstEpoch as Epoch; epoch <= last; epoch = (epoch + 1) as Epoch) {
    for (const { batch } of systems) {
      if (epoch < batch.context.rules.firstEpoch) continue;
      for (const { epoch: name, result } of await publishUpTo(batch.context, epoch))
        assert.equal(result, 'proved', name);
    }
    await readToTheEnd();
    await assertSame(`up to epoch ${epoch}`);
  }
});

test('after everything is published both lakes hold the same rows', { timeout: 300_000 }, async () => {
  const [hbase, cassandra] = await Promise.all(
    systems.map(async ({ serving, batch }) => {
      const { runs } = await serving.runs({ limit: 100 });
      const manifests = await Promise.all(runs.map(({ epoch }) => readRun(batch.context.hdfs, epoch)));
      return manifests.map((run) => [run?.epoch, run?.records, run?.rows, run?.rows_sha256, run?.chain_sha256]);
    }),
  );
  assert.deepEqual(cassandra, hbase);
  const { total, parts } = await systems[1]!.serving.topItems({
    ...{ location: 'all', from: Date.now() - 5 * DAY_MS, to: Date.now() + DAY_MS, parts: true },
  });
  assert.deepEqual([total, parts?.speed], [fed.ids.size + late.length, 0]);
});
