/**
 * What is done to the stack, one scenario after the other. Each strikes, and resolves when what it took away is back.
 *
 * Daemons are found by this stack's own pids and started again by the supervision of the main job, workers by the army.
 */
import { hbaseOf } from '../../core/stores/room/hbase-store.ts';
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Stores } from '../../core/stores/open.ts';
import type { DaemonName } from '../../hadoop-compose/cluster/daemons.ts';
import { daemonOf } from '../../hadoop-compose/cluster/daemons-of.ts';
import { javaArgs } from '../../hadoop-compose/cluster/launch.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { eventually } from '../support/main-job.ts';
import { residentMegabytes } from '../support/process-table.ts';
import type { Army } from './army.ts';

export interface Target {
  readonly stack: Stack;
  readonly stores: Stores;
  readonly army: Army;
}

export interface Scenario {
  readonly name: string;
  /** How long the cameras publish at least, so that all of it happens under load; a wave's own length if not said. */
  readonly publishSeconds?: number;
  strike(target: Target): Promise<void>;
}

const BACK_LIMIT_MS = 300_000;

const killed = (name: DaemonName): Scenario => ({
  name: `${name} killed`,
  publishSeconds: 45,
  async strike({ stack }) {
    const pid = runningPid(stack, name);
    process.kill(pid, 'SIGKILL');
    await back(stack, name, pid);
  },
});

const stopped = (name: DaemonName, seconds: number): Scenario => ({
  name: `${name} does not answer for ${seconds} s`,
  publishSeconds: seconds + 15,
  async strike({ stack }) {
    const pid = runningPid(stack, name);
    process.kill(pid, 'SIGSTOP');
    await pause(seconds * 1_000);
    process.kill(pid, 'SIGCONT');
    await eventually(
      `${name} answers again`,
      () => daemonOf(name).ready(stack),
      (missing) => missing === undefined,
      BACK_LIMIT_MS,
    );
  },
});

const KILLED_AGAIN_MS = { from: 1_500, to: 4_000 };

export const workersKilled = (times: number): Scenario => ({
  name: `${times} workers killed`,
  publishSeconds: 5 + Math.ceil((times * KILLED_AGAIN_MS.to) / 1_000),
  async strike({ army }) {
    const until = army.killOne() + times - 1;
    for (let kills = 0; kills < until; kills = army.killOne()) await pause(between(KILLED_AGAIN_MS));
  },
});

/** Longer than the group's session (10 s), so that others take its partitions while it has records in hand. */
export const zombie: Scenario = {
  name: 'a worker sleeps past its session and goes on',
  async strike({ army }) {
    const [pid] = army.pids();
    if (pid === undefined) throw new Error('there is no worker to put to sleep');
    process.kill(pid, 'SIGSTOP');
    await pause(16_000);
    process.kill(pid, 'SIGCONT');
  },
};

export const rebalanceStorm = (guests: number): Scenario => ({
  name: `${guests} rebalances in a row`,
  async strike({ army }) {
    for (let i = 0; i < guests; i++) {
      await Promise.all([army.guest(2_500), pause(1_200)]);
    }
  },
});

export const regionsSplit: Scenario = {
  name: 'regions split',
  async strike({ stores }) {
    const { admin } = hbaseOf(stores);
    for (const table of ['sightline:speed_view', 'sightline:detections']) {
      const widest = (await admin.regions(table)).map(({ start, end }) => ({
        from: start[0] ?? 0,
        to: end[0] ?? (table.endsWith('view') ? 16 : 256),
      }));
      const { from, to } = widest.sort((a, b) => b.to - b.from - (a.to - a.from))[0]!;
      if (to - from > 1) await admin.splitRegion(table, Buffer.from([Math.floor((from + to) / 2)]));
    }
  },
};

/** A second region server comes, takes some regions, and is killed with them. */
export const regionsMoved: Scenario = {
  name: 'regions moved to a second server, which is then killed',
  async strike({ stack, stores }) {
    const second = await secondRegionServer(stack);
    try {
      const { admin } = hbaseOf(stores);
      for (const table of ['sightline:detections', 'sightline:speed_view', 'sightline:control']) {
        const [region] = await admin.regions(table);
        await eventually(
          `a region of ${table} moved`,
          () => admin.moveRegion(table, region!.name),
          () => true,
          BACK_LIMIT_MS,
        );
      }
      await pause(5_000);
    } finally {
      second.kill('SIGKILL');
    }
    const own = `:${stack.ports.regionserver}`;
    for (const table of ['sightline:detections', 'sightline:speed_view', 'sightline:control']) {
      const regions = () => hbaseOf(stores).admin.regions(table);
      await eventually(
        `${table} on the first server again`,
        regions,
        (all) => all.every(({ server }) => server.endsWith(own)),
        BACK_LIMIT_MS,
      );
    }
  },
};

/** HBase alone is away, and cameras go on: a worker waits, says so, takes no more memory, and goes on by itself. */
export const hbaseAway = (seconds: number): Scenario => ({
  name: `HBase is away for ${seconds} s`,
  publishSeconds: seconds + 15,
  async strike({ stack, army }) {
    const pid = runningPid(stack, 'regionserver');
    const worker = await eventually(
      'a worker with metrics',
      async () => army.one(),
      () => true,
      BACK_LIMIT_MS,
    );
    const ready = async (): Promise<{ status: number; text: string }> => {
      const response = await fetch(`${worker.metrics}/readyz`);
      return { status: response.status, text: await response.text() };
    };
    await eventually('a worker that is ready', ready, ({ status }) => status === 200, BACK_LIMIT_MS);
    process.kill(pid, 'SIGSTOP');
    try {
      const waiting = await eventually('a worker that waits', ready, ({ status }) => status === 503, BACK_LIMIT_MS);
      assert.match(waiting.text, /^waiting for HBase: /);
      const metrics = await (await fetch(`${worker.metrics}/metrics`)).text();
      assert.match(metrics, /^sightline_speed_retries_total\{dependency="HBase".*\} [1-9]/m);
      const before = Math.round(residentMegabytes(worker.pid));
      await pause(seconds * 1_000);
      const after = Math.round(residentMegabytes(worker.pid));
      assert.ok(after < before + 150, `a waiting worker grew from ${before} MB to ${after} MB`);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await back(stack, 'regionserver', pid);
    await eventually('a worker that is ready again', ready, ({ status }) => status === 200, BACK_LIMIT_MS);
  },
});

/** By a quota below what is used: no block can be had, and a region server that dies meanwhile cannot begin its log. */
export const hdfsFull: Scenario = {
  name: 'HDFS is full, and the region server dies',
  async strike({ stack }) {
    const pid = runningPid(stack, 'regionserver');
    for (const folder of ['/hbase', '/sightline']) await quota(stack, folder, 1);
    await pause(10_000);
    process.kill(pid, 'SIGKILL');
    await pause(20_000);
    for (const folder of ['/hbase', '/sightline']) await quota(stack, folder, -1);
    await back(stack, 'regionserver', pid);
  },
};

export const SCENARIOS: readonly Scenario[] = [
  workersKilled(25),
  zombie,
  rebalanceStorm(8),
  killed('regionserver'),
  hbaseAway(120),
  workersKilled(25),
  killed('kafka'),
  stopped('kafka', 30),
  regionsSplit,
  workersKilled(25),
  regionsMoved,
  killed('master'),
  stopped('namenode', 20),
  workersKilled(25),
  hdfsFull,
  hbaseAway(600),
];

function between({ from, to }: { from: number; to: number }): number {
  return from + Math.random() * (to - from);
}

export function runningPid(stack: Stack, name: DaemonName): number {
  const pid = pidOf(stack, name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
}

export async function back(stack: Stack, name: DaemonName, before: number): Promise<void> {
  const look = async () => {
    const pid = pidOf(stack, name);
    return pid === undefined || pid === before ? 'it was not started again' : daemonOf(name).ready(stack);
  };
  await eventually(`${name} is back`, look, (missing) => missing === undefined, BACK_LIMIT_MS);
}

async function secondRegionServer(stack: Stack): Promise<ChildProcess> {
  const { regionserver, regionserverInfo } = stack.ports;
  const daemon = { ...daemonOf('regionserver'), heapMiB: 768 };
  const args = [
    `-Dhbase.regionserver.port=${regionserver + 5}`,
    `-Dhbase.regionserver.info.port=${regionserverInfo + 5}`,
    'start',
  ];
  const mainClass = daemon.program(stack).mainClass;
  const java = javaArgs(stack, daemon, { mainClass, args }).map((arg) =>
    arg.startsWith('-Dsightline.log=') ? arg.replace(/\.log$/, '-2.log') : arg,
  );
  return spawn(await findJava(), java, { cwd: stack.folder, stdio: 'ignore' });
}

async function quota(stack: Stack, folder: string, bytes: number): Promise<void> {
  const url = `http://127.0.0.1:${stack.ports.namenodeHttp}/webhdfs/v1${folder}?op=SETQUOTA&storagespacequota=${bytes}&user.name=${userInfo().username}`;
  const response = await fetch(url, { method: 'PUT' });
  if (!response.ok) throw new Error(`a quota on ${folder}: ${response.status} ${await response.text()}`);
}
