// Processes on a secured stack, each as one of its users: what a look at the stores answers, and one small count.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/process/config.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';

type Environment = Readonly<Record<string, string | undefined>>;
export type Answers = Readonly<Record<string, string>>;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const QUESTIONS = [
  ...['kafka topic', 'kafka id', 'kafka cluster', 'kafka write', 'hbase read', 'hbase write'],
  ...['hdfs read', 'hdfs write', 'hdfs remove'],
];
const CHILD_LIMIT_MS = 90_000;
const COUNT_LIMIT_MS = 90_000;

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

/** Cameras publish for some seconds, a worker counts, and a reader of the progress says how much. */
export async function countOnce(
  cameras: Environment,
  speed: Environment,
  reader: Config,
): Promise<{ sent: number; counted: number; said: string }> {
  const produced = await run(['sightline.mjs', 'produce', '--rate', '300', '--seconds', '3'], cameras, CHILD_LIMIT_MS);
  const sent = Number(/(\d+) detections and/.exec(produced.faults)?.[1] ?? NaN);
  const worker = spawn(process.execPath, ['sightline.mjs', 'speed'], {
    cwd: ROOT,
    env: environmentWith(speed),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = produced.faults;
  worker.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const ended = once(worker, 'exit');
  try {
    const deadline = Date.now() + COUNT_LIMIT_MS;
    let counted = 0;
    while (counted < sent && Date.now() < deadline && worker.exitCode === null) {
      await pause(500);
      counted = await countedBy(reader);
    }
    return { sent, counted, said };
  } finally {
    worker.kill('SIGTERM');
    await ended;
  }
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
