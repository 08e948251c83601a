/**
 * Brings the stack up, or the part of it that is missing. Each daemon waits for those named in its `after`, and for
 * nothing else, so ZooKeeper, HDFS and Kafka start side by side and HBase follows as soon as it can.
 *
 * A daemon is ready when its probe says so. If a daemon ends before that, the start fails and shows the end of its log.
 * Then, and after Ctrl-C, the daemons that this call started are stopped again; those that ran before go on.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Stopped } from '../../core/process/life.ts';
import { writeConf } from './conf/write.ts';
import { daemonsOf, jarSetsOf } from './daemons-of.ts';
import { recordRowStore } from '../stack/row-store.ts';
import type { Daemon, DaemonName } from './daemons.ts';
import { stopDaemons } from './down.ts';
import { ClusterError, throwIfStopped } from '../stack/errors.ts';
import { fetchJars } from './jars.ts';
import { makeSecrets } from '../secured/make-secrets.ts';
import { launch } from './launch.ts';
import { lastWords } from './log-tail.ts';
import { holdLock } from '../../core/process/lock.ts';
import { pidOf } from './processes.ts';
import type { Say } from '../../core/process/step-log.ts';
import type { Stack } from '../stack/stack.ts';
import { refuseTakenPorts } from './taken-ports.ts';
import { findJava } from './tools.ts';
import { recordWish } from './wish.ts';

const readyTimeoutMs = 180_000;
const probeEveryMs = 150;

export interface Up {
  /** The daemons that this call started; empty if all ran already. */
  readonly started: readonly DaemonName[];
}

export interface UpWishes {
  /** After the signal: stop what was started without waiting for an orderly end. */
  readonly hurry?: AbortSignal;
  /** Called under the lock with what will be launched, before it is: who stops it later. */
  readonly onMissing?: (missing: readonly DaemonName[]) => void;
}

export async function clusterUp(
  stack: Stack,
  say: Say,
  signal?: AbortSignal,
  { hurry, onMissing }: UpWishes = {},
): Promise<Up> {
  const java = await findJava();
  await fetchJars(stack, say, signal, jarSetsOf(stack));
  const release = await holdLock(stack, 'cluster up', signal);
  const started: DaemonName[] = [];
  try {
    const missing = daemonsOf(stack).filter((daemon) => pidOf(stack, daemon.name) === undefined);
    const ports = missing.flatMap(({ title, host, ports: names }) =>
      names.map((port) => ({ daemon: title, port, host })),
    );
    await refuseTakenPorts(stack, ports);
    if (stack.isSecured) await makeSecrets(stack, java);
    await writeConf(stack);
    recordRowStore(stack);
    await recordWish(stack, 'up');
    onMissing?.(missing.map(({ name }) => name));
    await startAll({ stack, java, say, signal, hurry }, missing, started);
    return { started };
  } catch (error) {
    if (started.length > 0) say('cluster', 'stopping what was started');
    await stopDaemons(stack, started, say, hurry);
    throw error;
  } finally {
    await release();
  }
}

interface Starting {
  readonly stack: Stack;
  readonly java: string;
  readonly say: Say;
  readonly signal: AbortSignal | undefined;
  readonly hurry: AbortSignal | undefined;
}

async function startAll(
  { stack, java, say, signal, hurry }: Starting,
  missing: readonly Daemon[],
  started: DaemonName[],
): Promise<void> {
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const ready = new Map<DaemonName, Promise<void>>();
  for (const daemon of daemonsOf(stack)) {
    const start = async (): Promise<void> => {
      await Promise.all(daemon.after.map((name) => ready.get(name)));
      throwIfStopped(stop);
      if (missing.includes(daemon)) {
        await daemon.before?.(stack);
        throwIfStopped(stop);
        started.push(daemon.name);
        await launch(stack, daemon, java, hurry);
      }
      await becomeReady(stack, daemon, stop);
      if (missing.includes(daemon)) say(daemon.name, `ready on port ${stack.ports[daemon.ports[0]!]}`);
    };
    ready.set(daemon.name, start());
  }
  const outcomes = [...ready.values()].map((promise) =>
    promise.catch((error: unknown) => {
      failed.abort();
      throw error;
    }),
  );
  const settled = await Promise.allSettled(outcomes);
  const faults = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const fault = faults.find((reason) => !(reason instanceof Stopped)) ?? faults[0];
  if (fault !== undefined) throw fault;
}

/** Waits for the daemon's probe; throws if it dies, or is not ready in good time. */
export async function becomeReady(stack: Stack, daemon: Daemon, signal?: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + readyTimeoutMs;
  for (;;) {
    throwIfStopped(signal);
    if (pidOf(stack, daemon.name) === undefined) {
      throw new ClusterError(`${daemon.title} ended before it was ready.\n${lastWords(stack, daemon.name)}`);
    }
    const missing = await daemon.ready(stack).catch((error: Error) => `it does not answer yet (${error.message})`);
    if (missing === undefined) return;
    if (Date.now() > deadlineMs) {
      const seconds = readyTimeoutMs / 1_000;
      throw new ClusterError(
        `${daemon.title} was not ready after ${seconds} s: ${missing}.\n${lastWords(stack, daemon.name)}`,
      );
    }
    await pause(probeEveryMs, undefined, signal ? { signal } : {}).catch(() => throwIfStopped(signal));
  }
}
