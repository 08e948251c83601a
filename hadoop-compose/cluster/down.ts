/**
 * Stops daemons in the reverse order of their start: first HBase, which flushes its memory to HDFS while that still
 * runs, then Kafka, HDFS and ZooKeeper, and last the KDC of a secured stack. Each gets SIGTERM, and SIGKILL after a
 * bounded wait. A kill loses no data,
 * since every store has its log on disk; it only makes the next start longer. So a person in a hurry may skip the wait.
 *
 * The parts that a killed `npm start` left behind are ended first. When the daemons are down, the note that names their
 * starter is removed (starter.ts).
 */
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { allDaemonNames } from './daemons.ts';
import { daemonOf } from './daemons-of.ts';
import type { DaemonName } from './daemons.ts';
import { endLeftBehind } from './left-behind.ts';
import { holdLock } from '../../core/process/lock.ts';
import { forgetPid, pidOf } from './processes.ts';
import type { Say } from '../../core/process/step-log.ts';
import { footageFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { forgetStarter, starterOf } from './starter.ts';
import { recordWish } from './wish.ts';
import { send } from '../../core/process/process-table.ts';

const graceMs: Readonly<Record<DaemonName, number>> = {
  regionserver: 60_000,
  regionserver2: 60_000,
  master: 20_000,
  master2: 20_000,
  kafka: 30_000,
  kafka2: 30_000,
  kafka3: 30_000,
  datanode: 15_000,
  namenode: 15_000,
  namenode2: 15_000,
  failover: 5_000,
  failover2: 5_000,
  journalnode: 10_000,
  zookeeper: 10_000,
  kdc: 10_000,
  cassandra1: 30_000,
  cassandra2: 30_000,
  cassandra3: 30_000,
};

/** Daemons of one row may end side by side; the next row waits for them. */
const rows: readonly (readonly DaemonName[])[] = [
  ['regionserver', 'regionserver2', 'kafka', 'kafka2', 'kafka3', 'cassandra1', 'cassandra2', 'cassandra3'],
  ['master', 'master2'],
  ['datanode'],
  // Or the standby would be made active once more.
  ['failover', 'failover2'],
  ['namenode', 'namenode2', 'zookeeper'],
  ['journalnode'],
  ['kdc'],
];

/** Returns the daemons that ran and were stopped; the signal `hurry` makes it quick. */
export async function clusterDown(stack: Stack, say: Say, hurry?: AbortSignal): Promise<DaemonName[]> {
  const release = await holdLock(stack, 'cluster down');
  try {
    await recordWish(stack, 'down');
    const starter = starterOf(stack);
    const ended =
      (await endLeftBehind(stack, say, hurry)) + (await endLeftBehind({ folder: footageFolder(stack) }, say, hurry));
    const stopped = await stopDaemons(stack, allDaemonNames, say, hurry);
    if (starter?.state === 'gone' && stopped.length + ended > 0)
      say('cluster', `npm start (process ${starter.pid}) had been killed; what it left behind is stopped`);
    forgetStarter(stack);
    return stopped;
  } finally {
    await release();
  }
}

/** Stops the stack and deletes its data, logs and configuration; the jars stay. */
export async function clusterReset(stack: Stack, say: Say, hurry?: AbortSignal): Promise<void> {
  await clusterDown(stack, say, hurry);
  await rm(stack.folder, { recursive: true, force: true });
  say('cluster', `deleted ${stack.folder}`);
}

export async function stopDaemons(
  stack: Stack,
  names: readonly DaemonName[],
  say: Say,
  hurry?: AbortSignal,
): Promise<DaemonName[]> {
  const stopped: DaemonName[] = [];
  for (const row of rows) {
    const here = row.filter((name) => names.includes(name));
    const ended = await Promise.all(here.map((name) => stopDaemon(stack, name, say, hurry)));
    stopped.push(...here.filter((_, index) => ended[index]));
  }
  return stopped;
}

async function stopDaemon(stack: Stack, name: DaemonName, say: Say, hurry?: AbortSignal): Promise<boolean> {
  const pid = pidOf(stack, name);
  if (pid === undefined) {
    forgetPid(stack, name);
    return false;
  }
  const startedMs = Date.now();
  send(pid, 'SIGTERM');
  if (!(await isGone(stack, name, graceMs[name], hurry))) {
    say(name, hurry?.aborted ? 'is killed' : `did not end within ${graceMs[name] / 1_000} s and is killed`);
    send(pid, 'SIGKILL');
    if (!(await isGone(stack, name, 10_000))) say(name, `process ${pid} (${daemonOf(name).title}) cannot be killed`);
  }
  forgetPid(stack, name);
  say(name, `stopped in ${((Date.now() - startedMs) / 1_000).toFixed(1)} s`);
  return true;
}

async function isGone(stack: Stack, name: DaemonName, withinMs: number, hurry?: AbortSignal): Promise<boolean> {
  const deadlineMs = Date.now() + withinMs;
  while (pidOf(stack, name) !== undefined) {
    if (Date.now() > deadlineMs || hurry?.aborted) return false;
    await pause(100);
  }
  return true;
}
