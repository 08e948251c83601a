/**
 * The engine on Spark against a worker, on the real Kafka, HBase and Spark: one topic with every fate, two namespaces,
 * and the same rows, cells, tallies and cuts in both (laws L1 to L7), also after kills and when the engines follow each
 * other.
 */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { DEAD_LETTER_REASONS } from '../../core/domain/dead-letters.ts';
import { addTallies, NO_TALLIES } from '../../core/domain/tallies.ts';
import { streamingFolder } from '../../core/process/spark-home.ts';
import { ensureSpark } from '../../hadoop-compose/spark/command.ts';
import { feed } from '../support/batch-world.ts';
import type { FatesFeed } from '../support/fates-feed.ts';
import { feedFates } from '../support/fates-feed.ts';
import { examplesOf, withReplaced } from '../support/doc-examples.ts';
import { eventually } from '../support/main-job.ts';
import { pythonAnswer } from '../support/python-answer.ts';
import { startEngine } from '../support/spark-engine.ts';
import type { Sides } from '../support/speed-sides.ts';
import { byAWorker, isReady, LIMIT_MS, MICROBATCH, openSides, readToEnd, REALTIME } from '../support/speed-sides.ts';
import { speedState } from '../support/speed-state.ts';

const SPARK_PAGE = new URL('../../docs/spark.md', import.meta.url);
/** `npm test` compares the two once; kills and changes of the engine take minutes, and are in `npm run test:spark`. */
function atLength(name: string, work: () => Promise<void>): void {
  if (process.env.SIGHTLINE_SPARK_MASTERS !== undefined) test(name, { timeout: 360_000 }, work);
}

let sides: Sides;
let fed: FatesFeed;

before(async () => {
  sides = await openSides();
  fed = await feedFates(sides.world.config);
});

after(() => sides.close());

test('micro-batches write the rows, cells, tallies and cuts of a worker', { timeout: 300_000 }, async () => {
  await byAWorker(sides.byWorker);
  const engine = startEngine(MICROBATCH, sides.bySpark.environment);
  await readToEnd(sides.bySpark, engine);
  assert.equal((await engine.ask('/readyz')).trim(), 'ready');
  // The process that decides reports once a second, and the supervisor looks at the log's ends now and then.
  for (const line of [
    /^sightline_speed_records_total\{outcome="new",process="speed"\} [1-9]/m,
    /^sightline_speed_lag_records\{partition="0",process="speed"\} 0$/m,
  ])
    await eventually(
      String(line),
      () => engine.ask('/metrics'),
      (metrics) => line.test(metrics),
      LIMIT_MS,
    );
  assert.equal(await engine.stop(), 0, engine.said());
  assert.deepEqual(engine.deciders(), []);
  // Spark's side has sent the strays home once more, and the worker's has not read that yet.
  await byAWorker(sides.byWorker);
  await sides.areEqual();
  const { stores } = sides.bySpark;
  const rows = await stores.control.progress(stores.rules.generation, [0, 1, 2]);
  const all = rows.map((row) => row!.tallies).reduce(addTallies, NO_TALLIES);
  assert.deepEqual(Object.keys(all.dead_letters_by_reason).sort(), Object.keys(DEAD_LETTER_REASONS).sort());
  assert.ok(all.ticks > 0 && all.strays > 0 && all.copies > 0 && all.deferred >= fed.deferred);
});

atLength('the query of docs/spark.md over the topic counts the same ids', async () => {
  const [, example] = examplesOf(SPARK_PAGE, '## The same question in plain Spark', 'python');
  const { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic } = sides.world.config;
  const { SPARK_HOME: home } = sides.bySpark.config;
  const asked = withReplaced(example!, {
    '.sightline/spark-streaming': streamingFolder(sides.bySpark.config),
    '127.0.0.1:9092': brokers,
    '"detections"': JSON.stringify(topic),
  });
  const answer = 'import json\nprint(json.dumps({row.item_name: row.n for row in items}))\nspark.stop()\n';
  const python = join(dirname(await ensureSpark()), 'python');
  const environment = { ...process.env, SPARK_HOME: home, SPARK_LOCAL_IP: '127.0.0.1' };
  const path = `${dirname(python)}:${process.env.PATH ?? ''}`;
  const items = await pythonAnswer<Record<string, number>>(python, asked + answer, {
    env: { ...environment, PATH: path },
  });
  const ofBicycles = (await speedState(sides.bySpark.stores, sides.bySpark.config)).detections.filter((row) =>
    row.endsWith(Buffer.from('自転車').toString('hex')),
  );
  assert.ok(ofBicycles.length > 0);
  assert.equal(items['自転車'], ofBicycles.length);
});

/** Records that Spark's side has decided. */
async function decided(): Promise<number> {
  const { stores } = sides.bySpark;
  const rows = await stores.control.progress(stores.rules.generation, [0, 1, 2]);
  return rows.reduce((sum, row) => sum + row!.nextOffset, 0);
}

atLength('nothing is lost and nothing counts twice when the parts of a real-time query die', async () => {
  const load = await feed(sides.world.config);
  let engine = startEngine(REALTIME, sides.bySpark.environment);
  await eventually(
    'a process that decides',
    async () => engine.deciders(),
    (pids) => pids.length === 1,
    LIMIT_MS,
  );
  await pause(2_000);
  const [first] = engine.deciders();
  process.kill(first!, 'SIGKILL');
  await eventually(
    'another one',
    async () => engine.deciders(),
    (pids) => pids.length === 1 && pids[0] !== first,
    LIMIT_MS,
  );
  await pause(2_000);
  await engine.kill();
  const atKill = await decided();
  engine = startEngine(REALTIME, sides.bySpark.environment);
  await isReady(engine);
  assert.ok((await decided()) > atKill, 'a ready engine decides');
  await load.stop();
  await readToEnd(sides.bySpark, engine);
  assert.equal(await engine.stop(), 0, engine.said());
  await sides.bothToEnd();
  await sides.areEqual();
});

atLength('a worker takes over from Spark and Spark from a worker, with load running', async () => {
  const load = await feed(sides.world.config);
  const worker = startEngine([], sides.bySpark.environment);
  await isReady(worker);
  const refused = startEngine(MICROBATCH, sides.bySpark.environment);
  assert.equal(await refused.ended, 5, refused.said());
  assert.match(refused.said(), /has other members.*Stop the others/s);
  assert.equal(await worker.stop(), 0);

  const engine = startEngine(MICROBATCH, sides.bySpark.environment);
  await isReady(engine);
  await pause(2_000);
  const next = startEngine([], sides.bySpark.environment);
  assert.equal(await engine.ended, 5, engine.said());
  assert.match(engine.said(), /has other members/);
  await load.stop();
  await readToEnd(sides.bySpark, next);
  assert.equal(await next.stop(), 0);
  await sides.bothToEnd();
  await sides.areEqual();
});
