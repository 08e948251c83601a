/**
 * What the layers of a secured stack may do: their own work with exactly what is printed, and nothing more.
 *
 * test/contract/secured.test.ts calls `newStackTests` once its stack is up, and `rightsTests` when the speed layer has
 * counted and the batch layer has published with these rights. test/faults/secured-grants.test.ts calls `takenTests`.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LayerName } from '../../admin/prepare/grants.ts';
import { LAYER_NAMES } from '../../admin/prepare/grants.ts';
import { EXIT } from '../../core/process/errors.ts';
import { environmentOf } from '../../hadoop-compose/secured/identity.ts';
import type { KafkaUser } from '../../hadoop-compose/secured/secrets.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import type { AppProcess } from './app-process.ts';
import { startApp } from './app-process.ts';
import { eventually } from './main-job.ts';
import { grantsOf, isMissingSoon, isWholeSoon, watcherOf } from './one-grant-less.ts';
import { answersOf, CHILD_LIMIT_MS, run } from './secured-stack.ts';

const limit = { timeout: 300_000 };
const LOG = 'Kafka topic detections';
const GRANTS = 'HBase namespace sightline';

/** What somebody cannot do any more when a grant is taken: the layer, the grant, a question, what is said. */
const TAKEN: readonly (readonly [LayerName, string, string, RegExp])[] = [
  ['speed', `${LOG}: WRITE`, 'kafka write', /^Refusal: .*topic authorization failed.*Grant it/],
  ['speed', `${GRANTS}: W`, 'hbase write', /AccessDeniedException: .*user=speed@.*action=WRITE/],
  ['batch', 'HDFS /sightline/lake: w', 'hdfs write', /^Refusal: .*Permission denied: user=batch, access=WRITE/],
  ['serving', `${GRANTS}: R`, 'hbase read', /AccessDeniedException: .*user 'serving'.*action=READ/],
  ['serving', `${LOG}: DESCRIBE`, 'kafka topic', /authorization failed|no such topic/],
  ...(['speed', 'batch', 'serving'] as const).map(
    (layer) =>
      [layer, `${LOG}: DESCRIBE_CONFIGS`, 'kafka topic', /^Refusal: .*authorization failed.*Grant it/i] as const,
  ),
];

/** Of serving, from the new stack on. */
let app: AppProcess | undefined;
const ask = ({ address }: AppProcess, path: string): Promise<Response> =>
  fetch(address + path, { signal: AbortSignal.timeout(60_000) });

/** For a stack on which nothing was counted. */
export function newStackTests(stack: Stack): void {
  const as = (user: KafkaUser): Record<string, string> => environmentOf(stack, user);
  after(() => app?.stop());

  test('each layer may do exactly what it must, by the word of stores that nobody has used yet', limit, async () => {
    const found = await Promise.all(
      LAYER_NAMES.map(async (layer) => {
        const { said } = await run(['sightline.mjs', 'doctor', '--json', '--layer', layer], as(layer), CHILD_LIMIT_MS);
        const findings = JSON.parse(said) as { check: string; found: string }[];
        return [layer, findings.find(({ check }) => check === `rights of ${layer}`)?.found] as const;
      }),
    );
    assert.deepEqual(
      found,
      LAYER_NAMES.map((layer) => [layer, 'exactly what is needed']),
    );
    // What is missing is named: a user may not do the work of another layer.
    const { said, code } = await run(['sightline.mjs', 'doctor', '--layer', 'batch'], as('serving'), CHILD_LIMIT_MS);
    assert.equal(code, 5);
    for (const right of ['Kafka topic detections: READ', 'HBase namespace sightline: W', 'HDFS /sightline/lake: w'])
      assert.ok(said.includes(`\n      ${right}\n`), `${right} in ${said}`);
  });

  test('serving that is there first waits for the first process that counts', limit, async () => {
    const early = (app = await startApp(as('serving')));
    await eventually(
      'serving says for what it waits',
      async () => {
        const answer = await ask(early, '/readyz');
        return `${answer.status}: ${await answer.text()}`;
      },
      (text) => /^503: .*No rules are recorded yet.*Start the speed layer/.test(text),
      60_000,
    );
  });
}

/** For a stack on which the speed layer counts and the batch layer has published. */
export function rightsTests(stack: Stack): void {
  const as = (user: KafkaUser): Record<string, string> => environmentOf(stack, user);

  test('a layer does its own work, and is refused the work of others', limit, async () => {
    const [serving, speed] = await Promise.all([answersOf(as('serving')), answersOf(as('speed'))]);
    const own = ['kafka topic', 'kafka id', 'kafka cluster', 'hbase read', 'hdfs read'];
    for (const question of own) {
      assert.equal(serving[question], 'answered', question);
      assert.equal(speed[question], 'answered', question);
    }
    assert.equal(speed['kafka write'], 'answered');
    assert.equal(speed['hbase write'], 'answered');
    assert.match(serving['kafka write']!, /^Refusal: .*topic authorization failed.*Grant it with Kafka's ACLs/);
    assert.match(serving['hbase write']!, /AccessDeniedException: .*user=serving@SIGHTLINE\.LOCAL.*action=WRITE/);
    for (const answers of [serving, speed])
      for (const question of ['hdfs write', 'hdfs remove'])
        assert.match(answers[question]!, /^Refusal: .*Permission denied: user=s\w+, access=WRITE/, question);
  });

  test('serving answers and an operator works, each with its own rights alone', limit, async () => {
    assert.ok(app, 'serving runs');
    const questions = ['top-items?location=all', 'trust', 'lake', 'runs'].map((question) => `/api/v1/${question}`);
    try {
      for (const path of ['/readyz', ...questions]) {
        const answer = await ask(app, path);
        assert.equal(answer.status, 200, `${path}: ${await answer.text()}\n${app.said()}`);
      }
    } finally {
      await app.stop();
      app = undefined;
    }
    const load = ['sightline.mjs', 'reference', 'load', placesFile(stack, 'Marienplatz')];
    for (const words of [load, ['sightline.mjs', 'dlq', 'list'], ['sightline.mjs', 'config', 'change', '--dry-run']]) {
      const { code, faults } = await run(words, as('operator'), CHILD_LIMIT_MS);
      assert.ok(code === 0 || code === 3, `${words.join(' ')}: ${faults}`);
    }
    // Other places: a file that changes nothing writes nothing.
    const others = ['sightline.mjs', 'reference', 'load', placesFile(stack, 'Sendlinger Tor')];
    const { code, faults } = await run(others, as('serving'), CHILD_LIMIT_MS);
    assert.equal(code, EXIT.usage, faults);
    assert.match(faults, /user=serving@SIGHTLINE\.LOCAL/);
  });
}

function placesFile(stack: Stack, name: string): string {
  const file = join(stack.folder, 'places.csv');
  writeFileSync(file, `geographical_location_oid,geographical_location\n17,${name}\n`);
  return file;
}

/** For a stack on which the layers have what is printed; afterwards they have it again. */
export function takenTests(stack: Stack): void {
  test('each grant that is taken away is named, and what needs it is refused', { timeout: 600_000 }, async () => {
    // All of them end before a fault is told, so that every grant is back.
    const outcomes = await Promise.allSettled(LAYER_NAMES.map((layer) => takeEach(stack, layer)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  });
}

async function takeEach(stack: Stack, layer: LayerName): Promise<void> {
  const watcher = watcherOf(stack, layer);
  try {
    for (const { right, take, giveBack } of grantsOf(stack, layer)) {
      await take();
      try {
        await isMissingSoon(watcher, right);
        for (const [, , question, words] of TAKEN.filter(([who, what]) => who === layer && what === right))
          assert.match((await answersOf(environmentOf(stack, layer), [question]))[question]!, words, right);
      } finally {
        await giveBack();
      }
      await isWholeSoon(watcher);
    }
  } finally {
    await watcher.end();
  }
}
