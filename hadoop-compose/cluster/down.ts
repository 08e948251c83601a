/**
 * Stops daemons in the reverse order of their start: first HBase, which flushes its memory to HDFS while that still
 * runs, then Kafka, HDFS and ZooKeeper. SIGTERM, a bounded wait, SIGKILL: nothing is left behind. A kill loses no data,
 * as every store has its log on disk; it only makes the next start longer.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { daemonNames, daemonOf } from './daemons.ts';
import type { DaemonName } from './daemons.ts';
import { holdLock } from './lock.ts';
import { forgetPid, pidOf, send } from './processes.ts';
import type { Say } from './progress.ts';
import type { Stack } from './stack.ts';
import { recordWish } from './wish.ts';

const graceMs: Readonly<Record<DaemonName, number>> = {
  regionserver: 60_000, master: 20_000, kafka: 30_000, datanode: 15_000, namenode: 15_000, zookeeper: 10_000,
};

/** Daemons of one row may end side by side; the next row waits for them. */
const rows: readonly (readonly DaemonName[])[] = [['regionserver', 'kafka'], ['master'], ['datanode'], ['namenode', 'zookeeper']];

/** Returns the daemons that ran and were stopped. */
export async function clusterDown(stack: Stack, say: Say): Promise<DaemonName[]> {
  const release = await holdLock(stack, 'cluster down');
  try {
    await recordWish(stack, 'down');
    return await stopDaemons(stack, daemonNames, say);
  } finally {
    await release();
  }
}

/** Stops the stack and deletes its data, logs and configuration; the jars stay. */
export async function clusterReset(stack: Stack, say: Say): Promise<void> {
  await clusterDown(stack, say);
  await rm(stack.folder, { recursive: true, force: true });
  say('cluster', `deleted ${stack.folder}`);
}

export async function stopDaemons(stack: Stack, names: readonly DaemonName[], say: Say): Promise<DaemonName[]> {
  const stopped: DaemonName[] = [];
  for (const row of rows) {
    const here = row.filter((name) => names.includes(name));
    const ended = await Promise.all(here.map((name) => stopDaemon(stack, name, say)));
    stopped.push(...here.filter((_, index) => ended[index]));
  }
  return stopped;
}

async function stopDaemon(stack: Stack, name: DaemonName, say: Say): Promise<boolean> {
  const pid = pidOf(stack, name);
  if (pid === undefined) {
    forgetPid(stack, name);
    return false;
  }
  const startedMs = Date.now();
  send(pid, 'SIGTERM');
  if (!(await isGone(stack, name, graceMs[name]))) {
    say(name, `did not end within ${graceMs[name] / 1_000} s and is killed`);
    send(pid, 'SIGKILL');
    if (!(await isGone(stack, name, 10_000))) say(name, `process ${pid} (${daemonOf(name).title}) cannot be killed`);
  }
  forgetPid(stack, name);
  say(name, `stopped in ${((Date.now() - startedMs) / 1_000).toFixed(1)} s`);
  return true;
}

async function isGone(stack: Stack, name: DaemonName, withinMs: number): Promise<boolean> {
  const deadlineMs = Date.now() + withinMs;
  while (pidOf(stack, name) !== undefined) {
    if (Date.now() > deadlineMs) return false;
    await pause(100);
  }
  return true;
}
