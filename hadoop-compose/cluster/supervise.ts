/**
 * Keeps a stack alive for as long as its caller lives: a daemon that died is started again, with a pause that doubles
 * from one second to thirty while it keeps dying, and is forgotten once it has lived for a minute.
 *
 * Each daemon has a loop of its own, since one death often causes others (HBase dies with the NameNode). The loops ask
 * for the pid once a second, because a pid vanishes as soon as its process dies. `cluster down` from another terminal
 * ends the supervision. Nothing is stopped here: the caller runs `clusterDown` at the end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Stopped } from '../../core/process/life.ts';
import { writeConf } from './conf/write.ts';
import { daemonsOf } from './daemons-of.ts';
import type { Daemon, DaemonName } from './daemons.ts';
import { throwIfStopped } from '../stack/errors.ts';
import { launch } from './launch.ts';
import { holdLock } from '../../core/process/lock.ts';
import { lastWords } from './log-tail.ts';
import { pidOf } from './processes.ts';
import type { Stack } from '../stack/stack.ts';
import { refuseTakenPorts } from './taken-ports.ts';
import { findJava } from './tools.ts';
import { becomeReady } from './up.ts';
import { readWish } from './wish.ts';

const watchEveryMs = 1_000;
const shortestPauseMs = 1_000;
const longestPauseMs = 30_000;
const provenMs = 60_000;

export type SupervisionEvent =
  | { readonly kind: 'died'; readonly daemon: DaemonName; readonly lastWords: string; readonly againInMs: number }
  | { readonly kind: 'started'; readonly daemon: DaemonName; readonly pid: number }
  | { readonly kind: 'ready'; readonly daemon: DaemonName; readonly afterMs: number }
  | { readonly kind: 'failed'; readonly daemon: DaemonName; readonly reason: string }
  /** Somebody else took the stack down; supervision is over. */
  | { readonly kind: 'taken down' };

export interface Supervision {
  readonly stack: Stack;
  readonly onEvent: (event: SupervisionEvent) => void;
  readonly signal: AbortSignal;
}

/** Watches until the signal, or until the stack is taken down by somebody else. The stack is up when this is called. */
export async function superviseCluster({ stack, onEvent, signal }: Supervision): Promise<void> {
  const java = await findJava();
  await writeConf(stack);
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const watches = daemonsOf(stack).map(async (daemon) => {
    const outcome = await watch({ stack, onEvent, signal: stop }, daemon, java);
    if (outcome === 'taken down' && !over.signal.aborted) {
      over.abort();
      onEvent({ kind: 'taken down' });
    }
  });
  await Promise.all(watches);
}

async function watch(supervision: Supervision, daemon: Daemon, java: string): Promise<'stopped' | 'taken down'> {
  const { stack, onEvent, signal } = supervision;
  let pauseMs = shortestPauseMs;
  let aliveSinceMs = Date.now();
  while (await hasWaited(watchEveryMs, signal)) {
    if (pidOf(stack, daemon.name) !== undefined) {
      if (Date.now() - aliveSinceMs > provenMs) pauseMs = shortestPauseMs;
      continue;
    }
    if ((await readWish(stack)) === 'down') return 'taken down';
    onEvent({ kind: 'died', daemon: daemon.name, lastWords: lastWords(stack, daemon.name), againInMs: pauseMs });
    if (!(await hasWaited(pauseMs, signal))) return 'stopped';
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    aliveSinceMs = Date.now();
    await startAgain(supervision, daemon, java);
  }
  return 'stopped';
}

async function startAgain({ stack, onEvent, signal }: Supervision, daemon: Daemon, java: string): Promise<void> {
  const startedMs = Date.now();
  try {
    const pid = await launchUnderLock(stack, daemon, java, signal);
    if (pid !== undefined) onEvent({ kind: 'started', daemon: daemon.name, pid });
    await becomeReady(stack, daemon, signal);
    onEvent({ kind: 'ready', daemon: daemon.name, afterMs: Date.now() - startedMs });
  } catch (error) {
    if (error instanceof Stopped) return;
    onEvent({ kind: 'failed', daemon: daemon.name, reason: (error as Error).message });
  }
}

/** Holds the lock, so that a `cluster down` at the same time does not miss a daemon that is just launched. */
async function launchUnderLock(
  stack: Stack,
  daemon: Daemon,
  java: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const release = await holdLock(stack, `starting ${daemon.title} again`, signal);
  try {
    throwIfStopped(signal);
    if ((await readWish(stack)) === 'down') throw new Stopped();
    if (pidOf(stack, daemon.name) !== undefined) return undefined;
    await refuseTakenPorts(
      stack,
      daemon.ports.map((port) => ({ daemon: daemon.title, port, host: daemon.host })),
    );
    return await launch(stack, daemon, java);
  } finally {
    await release();
  }
}

/** False if the signal came first. */
async function hasWaited(ms: number, signal: AbortSignal): Promise<boolean> {
  return pause(ms, true, { signal }).catch(() => false);
}
