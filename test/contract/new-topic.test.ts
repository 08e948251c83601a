/**
 * A topic that was created anew is another life of the log: nothing is counted or published beside what was, and the
 * documented way on works, which is a namespace, a root and a group of its own (docs/operations.md, "Begin anew").
 *
 * The old lake stays as it is and is read beside the new one. Topic, namespaces and folders are the test's own.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { BatchWorld } from '../support/batch-world.ts';
import { readConfig } from '../../core/process/config.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { batchWorld, feed } from '../support/batch-world.ts';
import { sightline } from '../support/main-job.ts';
import { detectionsIn } from '../support/lake-rows.ts';

const EPOCH_SECONDS = 10;
let world: BatchWorld;
/** The environment that an operator takes after the old topic was lost. */
let next: NodeJS.ProcessEnv;
const lives: Set<string>[] = [];
let filesBefore: unknown;

before(async () => {
  world = await batchWorld({ EPOCH_SECONDS: String(EPOCH_SECONDS), SPEED_WAIT_SECONDS: '0' });
  const { name, environment } = world;
  next = {
    ...environment,
    HBASE_NAMESPACE: `${name}_2`,
    SIGHTLINE_ROOT: `/sightline/${name}_2`,
    KAFKA_GROUP: `${name}_2`,
  };
});

after(async () => {
  await world.drop();
  await world.dropBeside(readConfig(next));
});

const batch = (args: readonly string[], environment = world.environment) => sightline(['batch', ...args], environment);
const facts = async (): Promise<unknown> =>
  (await hdfs(world.config).walk('')).map(({ path, bytes }) => [path, bytes]).sort();

/** Feeds for some seconds, and publishes every epoch that has records. */
async function live(environment: NodeJS.ProcessEnv): Promise<RunReport[]> {
  const fed = await feed(readConfig(environment));
  await pause(4_000);
  await fed.stop();
  lives.push(fed.ids);
  // Strays come home while the first of these runs.
  const reports: RunReport[] = [];
  while (reports.reduce((sum, { rows }) => sum + rows, 0) < fed.ids.size) {
    await pause(EPOCH_SECONDS * 1_000);
    const { code, stdout } = await batch(['run', '--json'], environment);
    assert.ok([0, 3].includes(code), `batch run ended with ${code}`);
    reports.push(
      ...stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as RunReport),
    );
  }
  return reports;
}

test(
  'what was published stays as it was when the topic is created anew, and every command says so',
  { timeout: 300_000 },
  async () => {
    await live(world.environment);
    filesBefore = await facts();
    const admin = new kafkajs.Kafka({
      brokers: world.config.KAFKA_BROKERS.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.deleteTopics({ topics: [world.name] });
    while ((await admin.listTopics()).includes(world.name)) await pause(200);
    await admin.disconnect();
    assert.equal((await sightline(['prepare'], world.environment)).code, 0);
    for (const args of [['batch', 'run'], ['batch', 'archive'], ['batch', 'rebuild'], ['speed']]) {
      const { code, stderr } = await sightline(args, world.environment);
      assert.equal(code, 4, args.join(' '));
      assert.match(stderr, /was created anew.*HBASE_NAMESPACE, SIGHTLINE_ROOT and KAFKA_GROUP/, args.join(' '));
    }
    assert.equal((await batch(['report'])).code, 0, 'reports are read without the topic');
    assert.deepEqual(await facts(), filesBefore);
  },
);

test(
  'with a namespace, a root and a group of its own the new life is published, and both lakes are read together',
  { timeout: 300_000 },
  async () => {
    assert.equal((await sightline(['prepare'], next)).code, 0);
    const reports = await live(next);
    assert.ok(reports.every(({ generation, log_life: life }) => generation === 1 && life === 1));
    assert.deepEqual(await facts(), filesBefore);
    const [old, fresh] = await Promise.all(
      [world.config, readConfig(next)].map((config) => detectionsIn(config, 'lake')),
    );
    assert.deepEqual(
      [old, fresh],
      lives.map((ids) => [...ids].sort()),
    );
  },
);
