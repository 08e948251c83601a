/** The engine on Spark as a test sees it: a process that is started, asked for its readiness, killed and stopped. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { argsOf } from '../../core/process/process-table.ts';
import { EXECUTOR } from '../../speed-layer/spark/bundle.ts';
import { ROOT } from './main-job.ts';

export interface Engine {
  readonly pid: number;
  /** Its exit code; null after a kill. */
  readonly ended: Promise<number | null>;
  /** What it wrote to standard error. */
  said(): string;
  /** Of /readyz or /metrics. */
  ask(path: string): Promise<string>;
  /** The processes that decide for it, as far as the supervisor has named them and they live. */
  deciders(): number[];
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

const living = new Set<ChildProcess>();
// A run that is stopped half-way leaves no engine behind.
process.once('exit', () => living.forEach((child) => child.kill('SIGKILL')));

/** `words`: options of `sightline speed`; none is a worker. */
export function startEngine(words: readonly string[], environment: NodeJS.ProcessEnv): Engine {
  return start(['sightline.mjs', 'speed', ...words], environment);
}

/** The engine with executors that strike (crash-engine.ts). */
export function startCrashing(trigger: string, environment: NodeJS.ProcessEnv): Engine {
  return start(['--import', 'tsx', 'test/support/crash-engine.ts', trigger], environment);
}

function start(words: readonly string[], environment: NodeJS.ProcessEnv): Engine {
  const child: ChildProcess = spawn(process.execPath, words, {
    cwd: ROOT,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => void (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  const pid = child.pid!;
  living.add(child);
  child.on('exit', () => living.delete(child));
  return {
    pid,
    ended,
    said: () => said,
    async ask(path) {
      const port = /"port":(\d+),"msg":"metrics"/.exec(said)?.[1];
      return port === undefined ? 'no port yet' : (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    },
    // Executors of a cluster are no children of the engine; the supervisor names each process once.
    deciders: () =>
      [...said.matchAll(/"decider":(\d+)/g)]
        .map(([, found]) => Number(found))
        .filter((found) => argsOf(found).some((word) => word.endsWith(EXECUTOR))),
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
