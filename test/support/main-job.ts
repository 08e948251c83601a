/**
 * The main job as a test sees it: started as a person would, asked through its API, killed by pid, stopped by a signal.
 *
 * Everything runs on the addresses of the environment (test/run.mjs), loopback only. Processes are found by the pids
 * that the status of the cluster and the process table name for this very stack, never by name alone.
 */
import type { ChildProcess } from 'node:child_process';
import { spawnSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stopOrders } from '../../core/process/life.ts';
import { pidsOfAll } from './process-table.ts';
import { argsOf, parentOf } from '../../core/process/process-table.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = `${ROOT}/sightline.mjs`;

export interface MainJob {
  readonly address: string;
  readonly pid: number;
  /** Sends SIGINT, as Ctrl-C does, and waits for the exit code. */
  stop(): Promise<number>;
}

/** Resolves when the one line with the address was printed. */
export async function startMainJob(
  args: readonly string[],
  limitMs = 300_000,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<MainJob> {
  const orders = stopOrders();
  const child = spawn(process.execPath, [PROGRAM, 'start', ...args], {
    cwd: ROOT,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  // A run that is stopped takes its main job with it.
  orders.stop.addEventListener('abort', () => {
    child.kill('SIGINT');
    void ended.then(() => process.exit(1));
  });
  orders.hurry.addEventListener('abort', () => child.kill('SIGQUIT'));
  const address = await Promise.race([
    addressFrom(child),
    ended.then((code) => Promise.reject(new Error(`start ended with ${code} before it was ready`))),
    pause(limitMs, undefined, { ref: false }).then(() => Promise.reject(new Error(`not ready after ${limitMs} ms`))),
  ]);
  return {
    address,
    pid: child.pid!,
    async stop() {
      child.kill('SIGINT');
      return ended;
    },
  };
}

function addressFrom(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const found = /^Sightline is ready: (\S+)$/m.exec(text);
      if (found) resolve(found[1]!);
    });
  });
}

/**
 * Runs a command of the command line to its end; the signal stops it as Ctrl-C would. What it says goes through as
 * well. `root`: of which program.
 */
export async function sightline(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal,
  root = ROOT,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(root, 'sightline.mjs'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    stderr += chunk.toString('utf8');
  });
  signal?.addEventListener('abort', () => child.kill('SIGINT'));
  return { code: await ending(child), stdout, stderr };
}

/**
 * Runs test files in processes of their own, `concurrency` at a time, against what this test has started; 0 if all
 * pass.
 */
export function nodeTests(
  files: readonly string[],
  given: NodeJS.ProcessEnv,
  { concurrency }: { concurrency: number },
): Promise<number> {
  // Node would take the process for a part of this one's run and report nothing of its own.
  const environment = { ...given };
  delete environment.NODE_TEST_CONTEXT;
  const args = ['--import', 'tsx', '--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files];
  return ending(
    spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: environment }),
  );
}

function ending(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
}

/** Pids of the children of a process whose command line holds all of these words. */
export function childrenOf(parent: number, ...words: string[]): number[] {
  return pidsOfAll().filter((pid) => {
    if (parentOf(pid) !== parent) return false;
    const args = argsOf(pid);
    return words.every((word) => args.includes(word));
  });
}

/** The pid of a daemon of this environment's stack. */
export function daemonPid(name: string): number {
  // The command fails when any daemon is slow to answer, which on a busy machine another one may be.
  const { stdout: said } = spawnSync(process.execPath, [PROGRAM, 'cluster', 'status', '--json'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const rows = JSON.parse(said) as { daemon: string; pid?: number }[];
  const pid = rows.find((row) => row.daemon === name)?.pid;
  if (!pid) throw new Error(`${name} does not run: ${said}`);
  return pid;
}

/** Asks again until `settled` accepts the answer; throws with the last answer when the limit has passed. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  settled: (answer: T) => boolean,
  limitMs: number,
): Promise<T> {
  const deadlineMs = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (settled(answer)) return answer;
      last = answer;
    } catch (fault) {
      last = fault;
    }
    if (Date.now() > deadlineMs)
      throw new Error(
        `${what} did not happen within ${limitMs} ms; last: ${last instanceof Error ? last.message : JSON.stringify(last)?.slice(0, 600)}`,
      );
    await pause(250);
  }
}
