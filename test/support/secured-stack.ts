// Processes on a secured stack, each as one of its users: what a look at the stores answers, and one small count.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/process/config.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';
import { environmentOf } from '../../hadoop-compose/secured/identity.ts';
import { signToken } from '../../hadoop-compose/secured/token-key.ts';
import { SECURED_OFFSET } from '../../hadoop-compose/stack/ports.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';

type Environment = Readonly<Record<string, string | undefined>>;
export type Answers = Readonly<Record<string, string>>;

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const QUESTIONS = [
  ...['kafka topic', 'kafka id', 'kafka cluster', 'kafka write', 'hbase read', 'hbase write'],
  ...['hdfs read', 'hdfs write', 'hdfs remove'],
];
/** Five of them may start side by side on a busy machine. */
export const CHILD_LIMIT_MS = 180_000;
const NIGHT_LIMIT_MS = 420_000;
const COUNT_LIMIT_MS = 240_000;

/** A stack of a test's own in this folder, whose ports lie so far above those of the environment. */
export function securedStackIn(home: string, above: number): Stack {
  const offset = Number(process.env.SIGHTLINE_PORT_BASE_OFFSET ?? 0) + above - SECURED_OFFSET;
  const settings = {
    SIGHTLINE_HOME: home,
    SIGHTLINE_JARS: stackFrom(process.env).jarsFolder,
    SIGHTLINE_PORT_BASE_OFFSET: String(offset),
  };
  return stackFrom(settings, { isSecured: true });
}

/** This process's environment without what names stores or says how they are entered, and these settings. */
export function environmentWith(settings: Environment): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(KAFKA|HBASE|HDFS|WEBHDFS|HADOOP|ZOOKEEPER|KRB5)/.test(name),
  );
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...kept, ...given]) as NodeJS.ProcessEnv;
}

/** What ask-stores-child.ts says with these settings. */
export async function answersOf(settings: Environment, questions: readonly string[] = QUESTIONS): Promise<Answers> {
  const child = fileURLToPath(new URL('ask-stores-child.ts', import.meta.url));
  const { said, faults, code } = await run(['--import', 'tsx', child, ...questions], settings, CHILD_LIMIT_MS);
  if (code !== 0) return Object.fromEntries(questions.map((question) => [question, `Refusal: ${faults}`]));
  return JSON.parse(said) as Answers;
}

/** Another authority than that of any stack, as PEM. */
export function otherAuthority(): string {
  return readFileSync(new URL('tls/first.crt', import.meta.url), 'utf8');
}

interface Counting {
  /** Of `speed`. */
  readonly options?: readonly string[];
  readonly counted?: number;
  readonly meanwhile?: () => Promise<void>;
}

/**
 * Cameras publish for some seconds, `sightline speed` counts, and a reader of the progress says how much. `counted`:
 * how much was there before; `meanwhile` is done before the worker ends.
 */
export async function countOnce(
  cameras: Environment,
  speed: Environment,
  reader: Config,
  { options = [], counted: before = 0, meanwhile }: Counting = {},
): Promise<{ sent: number; counted: number; said: string }> {
  const produced = await run(['sightline.mjs', 'produce', '--rate', '300', '--seconds', '3'], cameras, CHILD_LIMIT_MS);
  const sent = Number(/(\d+) detections and/.exec(produced.faults)?.[1] ?? NaN);
  const worker = spawn(process.execPath, ['sightline.mjs', 'speed', ...options], {
    cwd: ROOT,
    env: environmentWith(speed),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = produced.faults;
  worker.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const ended = once(worker, 'exit');
  try {
    const deadline = Date.now() + COUNT_LIMIT_MS;
    let counted = before;
    while (counted < before + sent && Date.now() < deadline && worker.exitCode === null) {
      await pause(500);
      counted = await countedBy(reader);
    }
    await meanwhile?.();
    return { sent, counted, said };
  } finally {
    worker.kill('SIGTERM');
    await ended;
  }
}

export interface Published {
  readonly rows: number;
  /** Each once. */
  readonly results: readonly string[];
}

/** `batch run` of every epoch that is over. */
export async function publishAll(batch: Environment, engine: 'duckdb' | 'spark'): Promise<Published> {
  const words = ['sightline.mjs', 'batch', 'run', '--engine', engine, '--json'];
  const { said, faults, code } = await run(words, { ...batch, BATCH_MEMORY_MB: '512' }, NIGHT_LIMIT_MS);
  assert.equal(code, 0, faults);
  const reports = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { rows: number; result: string });
  return {
    rows: reports.reduce((sum, { rows }) => sum + rows, 0),
    results: [...new Set(reports.map(({ result }) => result))],
  };
}

async function countedBy(config: Config): Promise<number> {
  const hbase = openHBase(config);
  try {
    const partitions = Array.from({ length: config.KAFKA_PARTITIONS }, (_, partition) => partition);
    const progress = await controlStore(hbase, config.HBASE_NAMESPACE).progress(1, partitions);
    return progress.reduce((sum, one) => sum + (one?.tallies.new ?? 0), 0);
  } finally {
    await hbase.close();
  }
}

export async function run(
  args: readonly string[],
  settings: Environment,
  limitMs: number,
): Promise<{ said: string; faults: string; code: number | null }> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: environmentWith(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
  });
  let [said, faults] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (faults += chunk.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  return { said, faults, code };
}

/** A delegation token of HDFS for the user batch; `cancel`: one that HDFS has forgotten again. */
export async function delegationToken(stack: Stack, ...words: 'cancel'[]): Promise<string> {
  const settings = environmentOf(stack, 'batch');
  const child = fileURLToPath(new URL('delegation-token-child.ts', import.meta.url));
  const { said, faults } = await run(['--import', 'tsx', child, ...words], settings, CHILD_LIMIT_MS);
  assert.match(said, /^[\w-]+$/, faults);
  return said;
}

/** A token of HBase for the user of these settings, which name masters. */
export async function hbaseToken(settings: Environment): Promise<string> {
  const child = fileURLToPath(new URL('hbase-token-child.ts', import.meta.url));
  const { said, faults } = await run(['--import', 'tsx', child], settings, CHILD_LIMIT_MS);
  assert.match(said, /^[\w-]+$/, faults);
  return said;
}

/** Gives tokens of the stack's own key to whoever shows the secret, as an identity provider does. */
export async function tokenServer(
  stack: Stack,
  lifeSeconds = 300,
): Promise<{ url: string; secret: string; given: () => number; close(): Promise<void> }> {
  const secret = randomBytes(16).toString('hex');
  let given = 0;
  const server = createServer((request, response) => {
    const basic = Buffer.from((request.headers.authorization ?? '').slice('Basic '.length), 'base64').toString('utf8');
    const [user = '', shown = ''] = basic.split(':').map(decodeURIComponent);
    request.resume();
    if (shown !== secret) return void response.writeHead(401).end('{"error":"invalid_client"}');
    given += 1;
    const token = { access_token: signToken(stack, user, lifeSeconds), token_type: 'Bearer', expires_in: lifeSeconds };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(token));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/token`,
    secret,
    given: () => given,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
