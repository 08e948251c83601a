/**
 * One part of Sightline as a child process: started, started again when it dies, stopped with patience (supervise.ts).
 *
 * `npm start` makes one for each speed worker, the scheduler and the app. A part leads a process group of its own, so
 * that Ctrl-C reaches only the starter, which then stops the parts in order. A part learns from its IPC channel that
 * its starter is gone, and ends. If it hangs, its mark tells the next start whose part it was (cluster/left-behind.ts).
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { SupervisedProcess } from './supervise.ts';
import { supervise } from './supervise.ts';

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

export interface Part extends SupervisedProcess {
  readonly name: string;
}

export interface PartHooks {
  readonly onDeath: (name: string, how: string, againInMs: number, lastLines: string) => void;
  /** Called when a part ended with a refusal (exit code 2 or 4), which starting again would only repeat. */
  readonly onRefusal: (name: string, lastLines: string) => void;
}

/** Cells live for one round: a larger young generation lets them die before they are copied (a fifth of the CPU). */
const YOUNG_SPACE = '--max-semi-space-size=64';
const BACK_OFF = { shortestMs: 500, longestMs: 15_000, provenMs: 30_000 };
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
  const { name } = plan;
  const running = supervise({
    spawn: () => spawned(program, plan),
    logFile: plan.logFile,
    stopLimitMs: plan.stopLimitMs,
    backOff: BACK_OFF,
    onDeath: (how, againInMs, lastLines) => hooks.onDeath(name, how, againInMs, lastLines),
    refusals: { codes: REFUSALS, tell: (lastLines) => hooks.onRefusal(name, lastLines) },
  });
  return { name, ...running };
}
