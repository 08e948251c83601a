/**
 * How fast speed workers work off a backlog: Kafka → decide → HBase acknowledged → progress, everything on this
 * machine.
 *
 * Method: a topic is filled, workers are started, and time is taken from their first progress to the last; the
 * processor time of the workers and of each daemon over the same span is divided by the records. main.ts runs it with
 * many plans.
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Stores } from '../../core/stores/open.ts';
import type { TrafficPlan } from '../support/traffic.ts';
import type { BenchWorld } from '../support/world.ts';
import { openStores } from '../../core/stores/open.ts';
import { cpuMeter } from '../support/cpu.ts';

const LIMIT_MS = 420_000;
const POLL_MS = 50;

export interface CaughtUp {
  readonly records: number;
  readonly recordsPerSecond: number;
  readonly detectionsPerSecond: number;
  /** Microseconds of processor time a record, by process; the workers' start is in it. */
  readonly cpu: Readonly<Record<string, number>>;
}

/** The topic of `world` holds `records` of the plan, none of which was counted. */
export async function catchUp(
  world: BenchWorld,
  { detections }: Pick<TrafficPlan, 'detections'>,
  {
    records,
    workers: workerCount,
    nodeOptions = [],
  }: { records: number; workers: number; nodeOptions?: readonly string[] },
): Promise<CaughtUp> {
  const stores = await openStores(world.config);
  const workers = Array.from({ length: workerCount }, () =>
    spawn(process.execPath, ['--max-semi-space-size=64', ...nodeOptions, 'sightline.mjs', 'speed'], {
      env: world.environment,
      stdio: 'inherit',
    }),
  );
  const meter = cpuMeter({
    ...Object.fromEntries(workers.map(({ pid }, i) => [`worker ${i + 1}`, pid!])),
    ...world.daemons,
  });
  try {
    const seconds = await drained(stores, records);
    const cpu = Object.fromEntries(Object.entries(meter.read()).map(([name, ms]) => [name, (ms * 1_000) / records]));
    return { records, recordsPerSecond: records / seconds, detectionsPerSecond: detections / seconds, cpu };
  } finally {
    for (const worker of workers) worker.kill('SIGTERM');
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
    await stores.close();
  }
}

/** Seconds from the first progress to the last. */
export async function drained(stores: Stores, records: number): Promise<number> {
  const { rules, control } = stores;
  const partitions = rules.firstOffsets.map((_, partition) => partition);
  const deadline = Date.now() + LIMIT_MS;
  let began: { atMs: number; done: number } | null = null;
  for (;;) {
    const done = (await control.progress(rules.generation, partitions)).reduce(
      (sum, row) => sum + (row?.nextOffset ?? 0),
      0,
    );
    if (done > 0) began ??= { atMs: performance.now(), done };
    if (began && done >= records)
      return ((performance.now() - began.atMs) / 1_000) * (records / Math.max(1, records - began.done));
    if (Date.now() > deadline) throw new Error(`${done} of ${records} records after ${LIMIT_MS / 1_000} s`);
    await pause(POLL_MS);
  }
}
