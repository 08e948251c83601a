/**
 * Behind `npm test` and `npm run check`: the steps in order, what each took, what failed, and one count at the end.
 *
 * `check` is what needs no daemon: types, lint, unit tests; with files as arguments only what has to do with them.
 * `test` goes on with a real stack in a folder and on ports of its own, so that it passes while `npm start` runs:
 * contract tests against the daemons, then the whole job end to end with a browser. The stack is taken down and deleted
 * whatever happens, after Ctrl-C too. SIGHTLINE_TEST_ONLY=contract|e2e runs one of the long steps alone. `test:faults`
 * and `test:soak` are neither: the real stack under fire, or at full rate, for as long as they are told. `test:spark`
 * sends epochs to every kind of Spark master, each started by the tests; `test:cassandra` has Cassandra keep the rows;
 * `test:upgrade` runs an earlier program beside this one.
 */
import { Buffer } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { register } from 'tsx/esm/api';
import { spawnGroup } from '../hadoop-compose/setup/group.mjs';
import { failureCollector } from './failures.mjs';
import { globSync } from './glob.mjs';

const [, , what = 'test', ...given] = process.argv;
const LONG = {
  'test:faults': { name: 'under fire', folder: 'test/faults', settings: { minutes: '20', only: '', rate: '2000' } },
  'test:soak': {
    name: 'at full rate',
    folder: 'test/soak',
    settings: { minutes: '60', rate: '10000', 'epoch-seconds': '300' },
  },
}[what];
/** Contract tests that ask whichever store of rows the environment names. */
const OF_EVERY_STORE = [
  ...['row-store', 'row-store-control', 'speed', 'batch', 'serving', 'forgotten', 'rebuild-window', 'batch-commands'],
  ...['topic-grow', 'topic-changes', 'stamps', 'trace', 'forget', 'dead-letters'],
];
const files = LONG ? [] : given;
// Of `npm test` alone: `npm run check` beside it, or started by one of its tests, has no long steps to choose from.
const only = what === 'test' ? process.env.SIGHTLINE_TEST_ONLY : undefined;
const OFFSET = process.env.SIGHTLINE_TEST_PORT_OFFSET ?? '10000';
const stackEnvironment = {
  ...process.env,
  SIGHTLINE_STACK: 'test',
  SIGHTLINE_PORT_BASE_OFFSET: OFFSET,
  KAFKA_BROKERS: `127.0.0.1:${9092 + Number(OFFSET)}`,
  HBASE_ZOOKEEPER: `127.0.0.1:${2181 + Number(OFFSET)}`,
  WEBHDFS_URL: `http://127.0.0.1:${9870 + Number(OFFSET)}`,
  PORT: String(3000 + Number(OFFSET)),
};
register();
const { stopOrders } = await import('../core/process/life.ts');
const { surviveLostOutput } = await import('../core/process/output.ts');
surviveLostOutput();
const { stop, hurry } = stopOrders({ withParent: process.env.npm_lifecycle_event !== undefined });
const counts = { passed: 0, failed: 0 };
const outcomes = [];
const write = (chunk) => void process.stdout.write(chunk);
const { take, failures } = failureCollector();

/**
 * Runs a step; its output is shown as it comes, or by `show`, and node's own closing counts are added up. Told to stop,
 * it ends the step with all that this has started, and runs no other one, but for what cleans up.
 */
async function step(name, program, args, { env = process.env, isCleanUp = false, show = write } = {}) {
  if (stop.aborted && !isCleanUp) return false;
  show(`\n== ${name}\n`);
  const beganMs = Date.now();
  const group = spawnGroup(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const { child } = group;
  // The clean-up is what was asked for; asked again, SIGQUIT makes it quick.
  const onStop = () => void (isCleanUp || group.send('SIGINT'));
  const onHurry = () => void group.send(isCleanUp ? 'SIGQUIT' : 'SIGKILL');
  stop.addEventListener('abort', onStop, { once: true });
  hurry.addEventListener('abort', onHurry, { once: true });
  const closing = { pass: 0, fail: 0 };
  let line = '';
  child.stdout.on('data', (chunk) => {
    show(chunk);
    const lines = (line + chunk.toString('utf8')).split('\n');
    line = lines.pop();
    lines.forEach(take);
    for (const [, what, count] of lines.map((text) => /^(?:ℹ|#) (pass|fail) (\d+)$/.exec(text)).filter(Boolean))
      closing[what] += Number(count);
  });
  const code = await group.ended;
  if (stop.aborted) await group.empty(hurry);
  stop.removeEventListener('abort', onStop);
  hurry.removeEventListener('abort', onHurry);
  counts.passed += closing.pass;
  counts.failed += code === 0 ? 0 : Math.max(1, closing.fail);
  outcomes.push({ name, ok: code === 0, seconds: ((Date.now() - beganMs) / 1000).toFixed(0) });
  return code === 0;
}

/** Runs steps at the same time, so that both cores work. The output of each is shown when the step has ended. */
async function stepsTogether(steps) {
  write(`\n== together: ${steps.map(([name]) => name).join(', ')}\n`);
  const each = async ([name, program, args]) => {
    const output = [];
    await step(name, program, args, { show: (chunk) => void output.push(Buffer.from(chunk)) });
    write(Buffer.concat(output));
  };
  await Promise.all(steps.map(each));
}

function nodeTests(
  name,
  pattern,
  env,
  { concurrency = 1, timeoutMs = 300_000, except = [], named = '', flags = [], among = files } = {},
) {
  const all = globSync(pattern).filter((file) => file.includes(named) && !except.some((name) => file.endsWith(name)));
  const found = among.length > 0 ? among.filter((file) => all.includes(file)) : all;
  if (found.length === 0) return true;
  const options = [
    ...flags,
    '--import',
    'tsx',
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeoutMs}`,
  ];
  return step(name, process.execPath, [...options, ...found], { env });
}

const sightline = (name, args, isCleanUp = false) =>
  step(name, process.execPath, ['sightline.mjs', ...args], { env: stackEnvironment, isCleanUp });

/**
 * `npm run check -- FILE …`: lint of the files, and the tests that they are or have, else those that import them; in
 * seconds.
 */
async function checkFiles() {
  const tests = globSync('test/unit').concat(globSync('test/simulation'));
  const own = files
    .map((file) => (tests.includes(file) ? file : `test/unit/${file.replace(/\.\w+$/, '')}.test.ts`))
    .filter((test) => tests.includes(test));
  const found =
    own.length > 0 ? own : tests.filter((test) => files.some((file) => readFileSync(test, 'utf8').includes(file)));
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined || found.length === 0) {
    const because = missing === undefined ? `No unit test imports ${files.join(', ')}` : `${missing} does not exist`;
    process.stderr.write(
      `${because}. Expected: files of this repository, such as core/domain/epoch.ts or a test in test/unit\n`,
    );
    process.exit(2);
  }
  await step('lint', 'npx', ['eslint', '--max-warnings', '0', ...files]);
  await step('format', 'npx', ['prettier', '--check', ...files]);
  await nodeTests('unit tests', 'test/unit', process.env, { concurrency: 2, among: found });
  await nodeTests(
    'simulation',
    'test/simulation',
    { ...process.env, SIGHTLINE_SEEDS: '100' },
    { timeoutMs: 600_000, among: found },
  );
}

async function check() {
  await stepsTogether([
    ['types', 'npm', ['run', '--silent', 'typecheck']],
    ['lint', 'npm', ['run', '--silent', 'lint']],
    ['format', 'npm', ['run', '--silent', 'format:check']],
  ]);
  await nodeTests('unit tests', 'test/unit', process.env, { concurrency: 2 });
  // Three hundred seeds and the deliberate bugs take some minutes; `check` is for every few lines of work.
  const isThorough = what === 'test';
  const simulation = { ...process.env, SIGHTLINE_SEEDS: isThorough ? '300' : '100' };
  // The seeds are one process, and the bugs two at a time: side by side no core is idle.
  await nodeTests('simulation', 'test/simulation', simulation, {
    concurrency: 2,
    timeoutMs: 600_000,
    except: isThorough ? [] : ['mutations.test.ts'],
  });
}

/** The stack of the tests is deleted before the work and after it, whatever happens. */
async function withEmptyStack(work) {
  await sightline('the stack for the tests: from nothing', ['cluster', 'reset', '--yes']);
  try {
    await work();
  } finally {
    await sightline('the stack for the tests: away', ['cluster', 'reset', '--yes'], true);
  }
}

async function onTheRealStack() {
  await withEmptyStack(async () => {
    if (only !== 'e2e' && (await sightline('the stack for the tests: up', ['cluster', 'up']))) {
      // Each file has names of its own on the stack; mostly it waits for a daemon, so two files share the cores.
      await nodeTests('contract tests', 'test/contract', stackEnvironment, { concurrency: 2, timeoutMs: 900_000 });
      await sightline('the stack for the tests: from nothing again', ['cluster', 'reset', '--yes']);
    }
    if (only !== 'contract') await nodeTests('end to end', 'test/e2e', stackEnvironment, { timeoutMs: 1_800_000 });
  });
}

/**
 * `npm run test:faults -- --minutes N --only WORD --rate R`, `npm run test:soak -- --minutes N --rate R`: settings as
 * options.
 */
async function atLength({ name, folder, settings }) {
  const prefix = `SIGHTLINE_${folder.split('/').at(-1).toUpperCase()}_`;
  const told = Object.entries(settings).map(([setting, usual]) => {
    const at = given.indexOf(`--${setting}`);
    return [setting, at < 0 ? usual : (given[at + 1] ?? usual)];
  });
  const environment = Object.fromEntries(
    told.map(([setting, value]) => [prefix + setting.toUpperCase().replaceAll('-', '_'), value]),
  );
  const timeoutMs = (Number(Object.fromEntries(told).minutes) + 30) * 60_000;
  // The ids of a whole run are compared in memory: some 200 bytes for each of ten million and more.
  const flags = ['--max-old-space-size=8192'];
  await withEmptyStack(() => nodeTests(name, folder, { ...stackEnvironment, ...environment }, { timeoutMs, flags }));
}

async function besideAnEarlierProgram() {
  await withEmptyStack(async () => {
    if (await sightline('the stack for the tests: up', ['cluster', 'up']))
      await nodeTests('upgrade', 'test/upgrade', stackEnvironment, { timeoutMs: 1_800_000 });
  });
}

async function onEverySparkMaster() {
  const environment = { SIGHTLINE_SPARK_MASTERS: 'local,standalone,yarn', ...stackEnvironment };
  await withEmptyStack(async () => {
    const up = await sightline('the stack for the tests: up', ['cluster', 'up']);
    if (up) await nodeTests('Spark', 'test/contract', environment, { timeoutMs: 1_800_000, named: 'spark' });
  });
}

/**
 * `npm run test:cassandra`: what holds of every store of rows, asked of Cassandra; three nodes that are struck; then
 * both stores over one log: the same answers, and the move from one to the other. `-- --only WORD --rate R`: strikes of
 * files with that word in their path alone, at so many detections a second.
 */
async function onCassandra() {
  const [named, rate] = ['--only', '--rate'].map((option) => given[given.indexOf(option) + 1 || given.length] ?? '');
  const environment = (nodes) => ({
    ...stackEnvironment,
    STORES: 'cassandra',
    CASSANDRA_NODES: Array.from({ length: nodes }, (_, at) => `127.0.0.${at + 1}:${9042 + Number(OFFSET)}`).join(','),
    CASSANDRA_REPLICATION: String(nodes),
    SIGHTLINE_CASSANDRA_RATE: rate,
  });
  const upWith = (nodes) =>
    sightline('the stack for the tests: up', ['cluster', 'up', '--cassandra-nodes', String(nodes)]);
  const onOneNode = async () => {
    if (!(await upWith(1))) return;
    const among = OF_EVERY_STORE.map((name) => `test/contract/${name}.test.ts`);
    await nodeTests('contract tests on Cassandra', 'test/contract', environment(1), { timeoutMs: 900_000, among });
  };
  if (!named) await withEmptyStack(onOneNode);
  await withEmptyStack(async () => {
    if (await upWith(3))
      await nodeTests('three nodes of Cassandra', 'test/cassandra', environment(3), {
        timeoutMs: 3_600_000,
        among: [],
        named,
      });
  });
  if (named) return;
  await withEmptyStack(async () => {
    const up = await sightline('the stack for the tests: up, with HBase', ['cluster', 'up', '--stores', 'hbase']);
    if (up) await nodeTests('both stores', 'test/both-stores', stackEnvironment, { timeoutMs: 1_800_000, among: [] });
  });
}

if (LONG) await atLength(LONG);
else if (what === 'test:cassandra') await onCassandra();
else if (what === 'test:spark') await onEverySparkMaster();
else if (what === 'test:upgrade') await besideAnEarlierProgram();
else if (what === 'check' && files.length > 0) await checkFiles();
else if (!only) await check();
if (what === 'test' && (only || counts.failed === 0)) await onTheRealStack();

process.stdout.write('\n');
for (const { name, ok, seconds } of outcomes)
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
for (const failure of failures()) process.stdout.write(`${failure}\n`);
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
if (stop.aborted) process.stdout.write('stopped before the end\n');
process.exitCode = stop.aborted ? 130 : counts.failed === 0 ? 0 : 1;
