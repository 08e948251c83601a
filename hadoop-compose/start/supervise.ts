/**
 * A child process that runs until it is stopped: started again when it dies, after a pause that doubles.
 *
 * part.ts runs the parts of `npm start` with it, and footage/flume-process.ts runs Flume. The output goes to a log of
 * bounded size. Between `stop` and its end nothing starts again: SIGTERM first, SIGKILL when the limit has passed or
 * the signal says to hurry.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { boundedLog } from './bounded-log.ts';

export interface BackOff {
  readonly shortestMs: number;
  readonly longestMs: number;
  /** A process that lived longer than this starts again after the shortest pause. */
  readonly provenMs: number;
}

export interface SupervisionPlan {
  /** Starts the process, with pipes for its output. */
  readonly spawn: () => ChildProcess;
  readonly logFile: string;
  /** How long it may take to end after SIGTERM. */
  readonly stopLimitMs: number;
  readonly backOff: BackOff;
  readonly onDeath: (how: string, againInMs: number, lastLines: string) => void;
  /** Exit codes after which it is not started again, because that would only repeat them. */
  readonly refusals?: { readonly codes: readonly number[]; readonly tell: (lastLines: string) => void };
}

export interface SupervisedProcess {
  /** Undefined while it is not running. */
  pid(): number | undefined;
  stop(hurry?: AbortSignal): Promise<void>;
}

export function supervise(plan: SupervisionPlan): SupervisedProcess {
  const { backOff, refusals } = plan;
  const log = boundedLog(plan.logFile);
  const stopped = new AbortController();
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  let pauseMs = backOff.shortestMs;

  const launch = (): void => {
    const startedMs = Date.now();
    const running = plan.spawn();
    child = running;
    running.stdout?.on('data', log.write);
    running.stderr?.on('data', log.write);
    ended = new Promise((resolve) => {
      running.on('error', () => resolve());
      running.on('close', (code, signal) => {
        child = null;
        resolve();
        if (stopped.signal.aborted) return;
        if (refusals?.codes.includes(code ?? 0)) refusals.tell(log.lastLines());
        else void launchAgain(signal ?? `exit ${code}`, Date.now() - startedMs);
      });
    });
  };
  const launchAgain = async (how: string, livedMs: number): Promise<void> => {
    if (livedMs > backOff.provenMs) pauseMs = backOff.shortestMs;
    plan.onDeath(how, pauseMs, log.lastLines());
    await pause(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, backOff.longestMs);
    if (!stopped.signal.aborted) launch();
  };

  launch();
  return {
    pid: () => child?.pid,
    async stop(hurry) {
      stopped.abort();
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
