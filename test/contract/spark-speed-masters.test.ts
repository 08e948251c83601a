/**
 * The engine on Spark where executors are processes of a cluster: Spark's own cluster with two of them, and YARN, each
 * started here (`npm run test:spark`).
 *
 * The executors get the process that decides as an archive with a Node of its own, and start it from there.
 * The rows and cells are a worker's, also when an executor dies and its partitions move.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { argsOf, parentOf } from '../../core/process/process-table.ts';
import { feed } from '../support/batch-world.ts';
import { feedFates } from '../support/fates-feed.ts';
import { eventually } from '../support/main-job.ts';
import type { Engine } from '../support/spark-engine.ts';
import { startEngine } from '../support/spark-engine.ts';
import { mastersAsked } from '../support/spark-masters.ts';
import { openStandalone } from '../support/spark-standalone.ts';
import { openYarn } from '../support/spark-yarn.ts';
import type { Sides } from '../support/speed-sides.ts';
import { byAWorker, isReady, LIMIT_MS, MICROBATCH, openSides, readToEnd, REALTIME } from '../support/speed-sides.ts';

const asked = process.env.SIGHTLINE_SPARK_MASTERS === undefined ? [] : mastersAsked('local');
const CLUSTERS = { standalone: openTwoExecutors, yarn: openYarn } as const;
const clusters = asked.filter((name) => name !== 'local');
/** What an operator sets for two executors with two slots each. */
const TWO_EXECUTORS = '--executor-memory 512m --conf spark.executor.memoryOverhead=1g';
const SLOTS = { standalone: '--conf spark.executor.cores=2', yarn: '--num-executors 2 --executor-cores 2' } as const;

let sides: Sides;
let folder: string;

if (clusters.length > 0) {
  before(async () => {
    sides = await openSides();
    await feedFates(sides.world.config);
    await byAWorker(sides.byWorker);
  });
  after(() => sides.close());
}

function openTwoExecutors(at: string, home: string) {
  return openStandalone(at, home, { cores: 4, memory: '3g' });
}

async function withCluster(
  name: 'standalone' | 'yarn',
  work: (environment: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), `sightline-${name}-`));
  await mkdir(join(folder, 'logs'));
  const { environment } = sides.bySpark;
  const cluster = await CLUSTERS[name](folder, environment.SPARK_HOME!);
  try {
    const options = `${cluster.environment.SPARK_SUBMIT_OPTIONS} ${TWO_EXECUTORS} ${SLOTS[name]}`;
    const given = { SPARK_DRIVER_HOST: '127.0.0.1', SPARK_SUBMIT_OPTIONS: options };
    await work({ ...environment, ...cluster.environment, ...given });
  } finally {
    await cluster.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Two processes decide, each in an executor of its own, of Node and code that travelled. */
async function twoDecide(engine: Engine): Promise<number[]> {
  const pids = await eventually(
    'two processes that decide',
    async () => engine.deciders(),
    (found) => found.length >= 2,
    LIMIT_MS,
  );
  for (const pid of pids) assert.equal(argsOf(pid)[0], 'sightline/bin/node');
  assert.equal(new Set(pids.map(parentOf)).size, pids.length);
  return pids;
}

/** Where the supervisor says that the log of an executor is, there it is. */
async function logsAreThere(engine: Engine): Promise<void> {
  const named = [...engine.said().matchAll(/"logFile":"([^"]+)"/g)].map(([, file]) => file!);
  assert.ok(named.length >= 2);
  for (const file of named) assert.match(await readFile(file, 'utf8'), /"speed-executor".*"deciding"/);
}

for (const name of clusters as ('standalone' | 'yarn')[]) {
  test(`${name}: two executors write the rows of a worker, and partitions move`, { timeout: 600_000 }, async () => {
    await withCluster(name, async (environment) => {
      const engine = startEngine(MICROBATCH, environment);
      await isReady(engine);
      const load = await feed(sides.world.config);
      const [first] = await twoDecide(engine);
      // The executor itself: its process that decides ends with its standard input.
      process.kill(parentOf(first!)!, 'SIGKILL');
      await eventually(
        'other processes that decide',
        async () => engine.deciders(),
        (pids) => pids.length >= 2 && !pids.includes(first!),
        LIMIT_MS,
      );
      await pause(3_000);
      await load.stop();
      await readToEnd(sides.bySpark, engine);
      await logsAreThere(engine);
      assert.equal(await engine.stop(), 0, engine.said());
      await eventually(
        'no process that decides',
        async () => engine.deciders(),
        (pids) => pids.length === 0,
        LIMIT_MS,
      );
    });
    await sides.bothToEnd();
    await sides.areEqual();
  });

  test(`${name}: a real-time query has a slot for each partition`, { timeout: 600_000 }, async () => {
    await withCluster(name, async (environment) => {
      const engine = startEngine(REALTIME, environment);
      await isReady(engine);
      const load = await feed(sides.world.config);
      await twoDecide(engine);
      await pause(5_000);
      await load.stop();
      await readToEnd(sides.bySpark, engine);
      assert.equal(await engine.stop(), 0, engine.said());
    });
    await sides.bothToEnd();
    await sides.areEqual();
  });
}
