/** The engine on Spark as a test sees it: a process that is started, asked for its readiness, killed and stopped. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { allProcesses, parentOf } from '../../core/process/process-table.ts';
import { ROOT } from './main-job.ts';

export interface Engine {
  readonly pid: number;
  /** Its exit code; null after a kill. */
  readonly ended: Promise<number | null>;
  /** What it wrote to standard error. */
  said(): string;
  /** Of /readyz or /metrics. */
  ask(path: string): Promise<string>;
  /** The processes that decide for it. */
  deciders(): number[];
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

const living = new Set<ChildProcess>();
// A run that is stopped half-way leaves no engine behind.
process.once('exit', () => living.forEach((child) => child.kill('SIGKILL')));

/** `words`: options of `sightline speed`; none is a worker. */
export function startEngine(words: readonly string[], environment: NodeJS.ProcessEnv): Engine {
  const child: ChildProcess = spawn(process.execPath, ['sightline.mjs', 'speed', ...words], {
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
    deciders: () =>
      allProcesses()
        .filter(({ args }) => args.some((word) => word.endsWith('executor-main.ts')))
        .map((found) => found.pid)
        .filter((found) => parentOf(parentOf(found) ?? 0) === pid),
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
