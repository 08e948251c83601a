/**
 * Speed workers of a test's own, beside those of the main job: killed as often as a test wants, started again at once.
 *
 * The main job's own supervision waits longer each time a part dies soon, which is right for people and too slow for a
 * test that kills a hundred. A worker that refuses to run (exit code 2 or 4) would need a hand, and fails the test.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { ROOT } from '../support/main-job.ts';

export interface Army {
  pids(): number[];
  /** Of one that lives and has said where its metrics are. */
  one(): { readonly pid: number; readonly metrics: string };
  /** SIGKILL to any of them; how many were killed so far. */
  killOne(): number;
  /** One more, which is told to stop after so long. */
  guest(stayMs: number): Promise<void>;
  /** Throws if a worker ended in a way that needs a person. */
  throwIfRefused(): void;
  stop(): Promise<void>;
}

const AGAIN_MS = 200;
const NEEDS_A_PERSON = [1, 2, 4];

export function army(size: number, environment: NodeJS.ProcessEnv): Army {
  const living = new Set<ChildProcess>();
  const ports = new Map<number, number>();
  const refusals: string[] = [];
  let killed = 0;
  let isOver = false;
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, ['sightline.mjs', 'speed'], {
      cwd: ROOT,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2_000);
      const port = /"port":(\d+),"msg":"metrics"/.exec(said)?.[1];
      if (port !== undefined) ports.set(child.pid!, Number(port));
    });
    living.add(child);
    child.on('exit', (code) => {
      living.delete(child);
      if (code !== null && NEEDS_A_PERSON.includes(code)) refusals.push(`a worker ended with ${code}: ${said}`);
    });
    return child;
  };
  const member = (): void => {
    start().on('exit', () => {
      if (!isOver) setTimeout(() => !isOver && member(), AGAIN_MS);
    });
  };
  for (let i = 0; i < size; i++) member();
  // A run that is stopped half-way leaves no worker behind.
  process.once('exit', () => living.forEach((child) => child.kill('SIGKILL')));
  const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.on('exit', () => resolve()));
  return {
    pids: () => [...living].flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    one() {
      const pid = [...living].map((child) => child.pid!).find((each) => ports.has(each));
      if (pid === undefined) throw new Error('no worker has said where its metrics are');
      return { pid, metrics: `http://127.0.0.1:${ports.get(pid)}` };
    },
    killOne() {
      const all = [...living];
      const chosen = all[Math.floor(Math.random() * all.length)];
      if (chosen?.kill('SIGKILL')) killed++;
      return killed;
    },
    async guest(stayMs) {
      const child = start();
      const end = ended(child);
      await pause(stayMs);
      child.kill('SIGTERM');
      await end;
    },
    throwIfRefused() {
      if (refusals.length > 0) throw new Error(refusals.join('\n'));
    },
    async stop() {
      isOver = true;
      await Promise.all(
        [...living].map((child) => {
          const end = ended(child);
          child.kill('SIGCONT');
          child.kill('SIGTERM');
          return end;
        }),
      );
    },
  };
}
