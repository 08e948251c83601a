/**
 * One part of Sightline as a child process: started, started again when it dies, stopped with patience.
 *
 * `npm start` makes one for each speed worker, the scheduler and the app. A part leads a process group of its own, so
 * that Ctrl-C reaches only the starter, which then stops the parts in order. A part learns from its IPC channel that
 * its starter is gone, and ends. If it hangs, its mark tells the next start whose part it was (cluster/left-behind.ts).
 * Its output goes to a log file of bounded size.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { boundedLog } from './bounded-log.ts';

export interface PartPlan {
  /** `speed-1`, `batch`, `app`: names its log file too. */
  readonly name: string;
  /** The mark of a part, then what it is to do. */
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly logFile: string;
  /**
   * Of a program of others, which knows neither our mark nor an IPC channel: its first argument, which is the mark.
   */
  readonly foreignMark?: string;
  /** How long it may take to end after SIGTERM. */
  readonly stopLimitMs: number;
}

export interface Part {
  readonly name: string;
  /** Undefined while it is not running. */
  pid(): number | undefined;
  /** Sends SIGTERM and waits; SIGKILL when the limit has passed, or when the signal says to hurry. */
  stop(hurry?: AbortSignal): Promise<void>;
}

export interface PartHooks {
  readonly onDeath: (name: string, how: string, againInMs: number, lastLines: string) => void;
  /** Called when a part ended with a refusal (exit code 2 or 4), which starting again would only repeat. */
  readonly onRefusal: (name: string, lastLines: string) => void;
}

/** Cells live for one round: a larger young generation lets them die before they are copied (a fifth of the CPU). */
const YOUNG_SPACE = '--max-semi-space-size=64';
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const PROVEN_MS = 30_000;
const REFUSALS = [2, 4];

function spawned(program: string, { args, environment, foreignMark }: PartPlan): ChildProcess {
  if (foreignMark !== undefined) {
    const options = { argv0: foreignMark, detached: true, env: environment };
    return spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  }
  return spawn(process.execPath, [YOUNG_SPACE, program, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: environment,
  });
}

export function startPart(program: string, plan: PartPlan, hooks: PartHooks): Part {
  const log = boundedLog(plan.logFile);
  let child: ChildProcess | null = null;
  let stopping = false;
  let pauseMs = SHORTEST_PAUSE_MS;
  let ended: Promise<void> = Promise.resolve();
  const waiting = new AbortController();

  const launch = (): void => {
    const startedMs = Date.now();
    const running = spawned(program, plan);
    child = running;
    running.stdout?.on('data', log.write);
    running.stderr?.on('data', log.write);
    ended = new Promise((resolve) => {
      running.on('error', () => resolve());
      running.on('close', (code, signal) => {
        child = null;
        resolve();
        if (stopping) return;
        if (REFUSALS.includes(code ?? 0)) hooks.onRefusal(plan.name, log.lastLines());
        else void again(signal ?? `exit ${code}`, Date.now() - startedMs);
      });
    });
  };
  const again = async (how: string, livedMs: number): Promise<void> => {
    if (livedMs > PROVEN_MS) pauseMs = SHORTEST_PAUSE_MS;
    hooks.onDeath(plan.name, how, pauseMs, log.lastLines());
    await pause(pauseMs, undefined, { signal: waiting.signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    if (!stopping) launch();
  };

  launch();
  return {
    name: plan.name,
    pid: () => child?.pid,
    async stop(hurry) {
      stopping = true;
      waiting.abort();
      const kill = (): void => void child?.kill('SIGKILL');
      if (hurry?.aborted) kill();
      else child?.kill('SIGTERM');
      hurry?.addEventListener('abort', kill, { once: true });
      const late = setTimeout(kill, plan.stopLimitMs);
      await ended;
      clearTimeout(late);
      hurry?.removeEventListener('abort', kill);
      log.close();
    },
  };
}
