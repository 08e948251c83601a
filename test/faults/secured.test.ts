/**
 * The main job with everything on, the long form.
 *
 * One load on the secured stack and then on a plain one: every detection counts once, an epoch is published, pages come
 * over TLS, and what crosses loopback meanwhile holds no name of an item and no password. The same capture of the plain
 * stack holds the names, so it would have seen them. Last, what everything on costs: processor time, records counted a
 * second, and how fresh an answer is.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuMsOf, treeOf } from '../../bench/support/cpu.ts';
import { allProcesses } from '../../core/process/process-table.ts';
import { clusterReset } from '../../hadoop-compose/cluster/down.ts';
import { askUrl } from '../../hadoop-compose/cluster/web.ts';
import { readSecrets, secretFile } from '../../hadoop-compose/secured/secrets.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { eventually, sightline, startMainJob } from '../support/main-job.ts';
import type { MainJob } from '../support/main-job.ts';
import { environmentWith } from '../support/secured-stack.ts';
import { environmentOf } from '../../hadoop-compose/secured/identity.ts';
import { addressesOf, SECURED_OFFSET } from '../../hadoop-compose/stack/ports.ts';
import { listeningPorts } from '../support/listening-ports.ts';
import { readTruth } from '../support/truth.ts';
import type { TruthLine } from '../support/truth.ts';
import type { TopItemsAnswer } from '../../serving/answers.ts';

const RATE = Number(process.env.SIGHTLINE_FAULTS_RATE ?? 1_000);
const SECONDS = 20;
/** More at once than the machine counts in that time. */
const BURST = { rate: 20 * RATE, seconds: 3 };
const LOOK_EVERY_MS = 250;
/** The names that a capture is searched for: shorter ones could be chance. */
const NAME_LENGTH = 7;
const START_LIMIT_MS = 420_000;
const COUNT_LIMIT_MS = 180_000;
const PUBLISH_LIMIT_MS = 300_000;
const START = ['--rate', '0', '--epoch-seconds', '60', '--reserve-gb', '1'];

interface Trust {
  readonly tallies: { readonly records: number; readonly new: number };
}
interface Load {
  readonly items: ReadonlySet<string>;
  readonly cost: Cost;
}
interface Cost {
  /** Of all processes of the stack, milliseconds a thousand records. */
  readonly cpuMs: number;
  /** How far answers are behind the log at a steady rate. */
  readonly medianFreshnessMs: number;
  /** Records counted a second, of a burst. */
  readonly perSecond: number;
}

describe('secured', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-secured-job-'));
  /** Below the ports of outgoing connections. */
  const offset = Number(process.env.SIGHTLINE_PORT_BASE_OFFSET ?? 0) + 2_500 - SECURED_OFFSET;
  const environment = { ...process.env, SIGHTLINE_PORT_BASE_OFFSET: String(offset) };
  const secured = stackFrom(environment, { isSecured: true });
  let withAll: Cost;

  before(() => {
    if (process.getuid?.() !== 0) throw new Error('this test listens on loopback, which only root may: run it as root');
    // Nothing else of Sightline listens, so it is not installed with it.
    if (!hasTcpdump()) spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'tcpdump']);
    if (!hasTcpdump()) throw new Error('tcpdump is missing, and apt-get could not install it; install it by hand');
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await clusterReset(secured, () => undefined);
  });

  it(
    'counts, publishes and shows over TLS, and nothing crosses loopback in plain text',
    { timeout: 900_000 },
    async (test) => {
      const job = await startMainJob(['--secured', ...START], START_LIMIT_MS, environment);
      try {
        assert.match(job.address, /^https:/);
        const ca = readFileSync(secretFile(secured, 'ca.pem'), 'utf8');
        const ask = asker(job, ca);
        const capture = await listen(job, secured, join(folder, 'secured.pcap'));
        const cameras = environmentWith(environmentOf(secured, 'cameras'));
        const { items, cost } = await load(secured, ask, cameras, folder);
        withAll = cost;
        assert.ok((await ask('/')).includes('<html'));
        await eventually(
          'an epoch with records is published',
          () => publishedRecords(ask),
          (records) => records > 0,
          PUBLISH_LIMIT_MS,
        );
        const bytes = await capture.end();
        test.diagnostic(`${(bytes.length / 1e6).toFixed(0)} MB crossed loopback`);
        assert.deepEqual(found(bytes, [...items, ...COLUMNS]), []);
        const { kafka, principals, store, cookies } = readSecrets(secured);
        const secrets = [...Object.values(kafka), ...Object.values(principals), store, cookies];
        assert.ok(secrets.length > 20);
        assert.equal(found(bytes, secrets).length, 0, 'a password in plain text');
      } finally {
        assert.equal(await job.stop(), 0);
      }
    },
  );

  it('costs less than three times what the plain stack costs', { timeout: 900_000 }, async (test) => {
    const plain = stackFrom();
    const job = await startMainJob(START);
    try {
      const capture = await listen(job, plain, join(folder, 'plain.pcap'));
      const cameras = environmentWith(addressesOf(plain.ports));
      const { items, cost } = await load(plain, asker(job), cameras, folder);
      const names = found(await capture.end(), [...items, ...COLUMNS]);
      assert.deepEqual(
        COLUMNS.filter((name) => !names.includes(name)),
        [],
        'the capture of a plain stack shows all',
      );
      assert.ok(names.length > COLUMNS.length, 'and names of items');
      test.diagnostic(`everything on: ${told(withAll)}; plain: ${told(cost)}`);
      assert.ok(withAll.cpuMs < 3 * cost.cpuMs, `${(withAll.cpuMs / cost.cpuMs).toFixed(2)} times`);
    } finally {
      assert.equal(await job.stop(), 0);
    }
  });
});

const hasTcpdump = (): boolean => spawnSync('tcpdump', ['--version']).status === 0;

const COLUMNS = ['detection_oid', 'item_name'];

/** Which of these words the capture holds. */
function found(bytes: Buffer, words: readonly string[]): string[] {
  return words.filter((word) => word.length >= NAME_LENGTH && bytes.includes(word));
}

const told = ({ cpuMs, medianFreshnessMs, perSecond }: Cost): string =>
  `${cpuMs.toFixed(0)} ms of CPU a thousand records, ${perSecond.toFixed(0)} records a second counted of a burst, ` +
  `answers ${medianFreshnessMs.toFixed(0)} ms behind the log`;

type Ask = (path: string) => Promise<string>;

function asker({ address }: MainJob, ca?: string): Ask {
  return async (path) => {
    const signal = AbortSignal.timeout(20_000);
    const { status, text } = await askUrl(new URL(path, address), { signal, ...(ca === undefined ? {} : { ca }) });
    assert.equal(status, 200, `${path}: ${text.slice(0, 200)}`);
    return text;
  };
}

/** Cameras publish at a steady rate, then at once, and all of it is counted, each detection once. */
async function load(stack: Stack, ask: Ask, cameras: NodeJS.ProcessEnv, folder: string): Promise<Load> {
  const before = cpuOf(stack);
  const freshness: number[] = [];
  let isOver = false;
  const watch = (async () => {
    for (; !isOver; await pause(LOOK_EVERY_MS)) {
      const { view } = JSON.parse(await ask('/api/v1/top-items?location=all')) as TopItemsAnswer;
      freshness.push(view.freshness_ms);
    }
  })();
  const steady = await publish(ask, cameras, { rate: RATE, seconds: SECONDS }, join(folder, `${stack.ports.kafka}-1`));
  isOver = true;
  await watch;
  const spent = [...cpuOf(stack)].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? 0), 0);
  const burst = await publish(ask, cameras, BURST, join(folder, `${stack.ports.kafka}-2`));
  return {
    items: new Set([...steady.truth, ...burst.truth].map(({ item }) => item)),
    cost: {
      cpuMs: spent / (steady.truth.length / 1_000),
      medianFreshnessMs: freshness.sort((a, b) => a - b)[Math.floor(freshness.length / 2)]!,
      perSecond: burst.truth.length / burst.seconds,
    },
  };
}

interface Sent {
  readonly truth: readonly TruthLine[];
  /** From the first to the last that was counted. */
  readonly seconds: number;
}

/** Until everything is counted, and nothing twice. */
async function publish(
  ask: Ask,
  cameras: NodeJS.ProcessEnv,
  { rate, seconds }: { rate: number; seconds: number },
  truthFile: string,
): Promise<Sent> {
  const first = await talliesOf(ask);
  let [beganAt, last] = [NaN, first];
  let isOver = false;
  const watch = (async () => {
    for (; !isOver; await pause(LOOK_EVERY_MS)) {
      last = await talliesOf(ask);
      if (Number.isNaN(beganAt) && last.records > first.records) beganAt = Date.now();
    }
  })();
  const words = ['produce', '--rate', String(rate), '--seconds', String(seconds), '--truth', truthFile];
  const { code } = await sightline(words, cameras);
  assert.equal(code, 0);
  const truth = await readTruth(truthFile);
  const counted = truth.filter(({ kind }) => kind.startsWith('new') && !kind.endsWith(':deferred'));
  const detections = new Set(counted.map(({ id }) => id));
  const strays = truth.filter(({ via }) => via !== 'murmur2').length;
  await eventually(
    'every record is counted',
    async () => last,
    (now) => {
      const records = now.records - first.records;
      // A stray goes home as another record.
      return records >= truth.length && records <= truth.length + strays && now.new - first.new === detections.size;
    },
    COUNT_LIMIT_MS,
  );
  isOver = true;
  await watch;
  return { truth, seconds: (Date.now() - beganAt) / 1_000 };
}

async function talliesOf(ask: Ask): Promise<Trust['tallies']> {
  return (JSON.parse(await ask('/api/v1/trust')) as Trust).tallies;
}

async function publishedRecords(ask: Ask): Promise<number> {
  const { runs } = JSON.parse(await ask('/api/v1/runs')) as { runs: { records: number }[] };
  return runs.reduce((sum, { records }) => sum + records, 0);
}

/** Daemons and parts of a stack name its folder on their command lines. */
function cpuOf({ folder }: Stack): Map<number, number> {
  const own = allProcesses().filter(({ args }) => args.some((arg) => arg.endsWith(folder)));
  return new Map(own.map(({ pid }) => [pid, cpuMsOf(pid)]));
}

/** Listens to every port on which a process of the job or its stack does; `end` hands over every byte that crossed. */
async function listen({ pid }: MainJob, stack: Stack, file: string): Promise<{ end(): Promise<Buffer> }> {
  const ports = listeningPorts([...treeOf(pid), ...cpuOf(stack).keys()]);
  for (const name of ['kafka', 'zookeeper', 'namenodeHttp', 'datanode', 'regionserver'] as const)
    assert.ok(ports.includes(stack.ports[name]), `${name} listens`);
  const filter = ports.map((port) => `port ${port}`).join(' or ');
  const child = spawn('tcpdump', ['-i', 'lo', '-s', '0', '-U', '-B', '65536', '-Z', 'root', '-w', file, filter], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  await eventually(
    'tcpdump listens',
    async () => said,
    (text) => text.includes('listening'),
    10_000,
  );
  return {
    async end() {
      child.kill('SIGINT');
      await once(child, 'exit');
      assert.match(said, /\n0 packets dropped by kernel/, said);
      return readFileSync(file);
    },
  };
}
