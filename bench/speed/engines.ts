/**
 * The worker, the engine on Spark with both triggers, and a plain Spark job, on one topic in one run: how fast each
 * works off a backlog, and how long a record waits at a steady rate.
 *
 * Method: each engine counts into a namespace of its own. Catching up is timed from the first progress to the last;
 * processor time is that of the engine's processes with their start, and of the region server. The wait of a record is
 * sightline_speed_publish_to_visible_seconds of the engine itself, from the log's stamp to HBase, over the measured
 * seconds; a quantile lies within a bucket of that histogram, and is interpolated there. The plain job says how long
 * its batches took (peer/spark.ts); its share of a core includes its start.
 */
import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { openStores } from '../../core/stores/open.ts';
import { ensureEngine } from '../../hadoop-compose/spark/command.ts';
import { freePorts } from '../../test/support/java-daemon.ts';
import { sparkHome } from '../../test/support/spark-masters.ts';
import { cpuMsOf, residentMbOf, treeOf } from '../support/cpu.ts';
import { printTable, quantile } from '../support/table.ts';
import type { TrafficPlan } from '../support/traffic.ts';
import { fillTopic, publishSteadily } from '../support/traffic.ts';
import type { BenchWorld } from '../support/world.ts';
import { benchWorld, worldBeside } from '../support/world.ts';
import { drained } from './catch-up.ts';
import { runSparkPeer, waitsOf } from './peer/spark.ts';

const ENGINES: Readonly<Record<string, readonly string[]>> = {
  worker: [],
  'Spark, real-time': ['--engine', 'spark', '--trigger', 'realtime'],
  'Spark, micro-batch': ['--engine', 'spark', '--trigger', 'microbatch'],
};
const PLAIN = 'plain Spark job';
const SLICE_MS = 10;
const WARM_UP_MS = 20_000;
const READY_LIMIT_MS = 180_000;
const BATCH = 100_000;
const SHARES = [0.5, 0.9, 0.99];

export interface EnginesPlan extends TrafficPlan {
  readonly seconds: number;
}

export async function printEngines(plan: EnginesPlan): Promise<void> {
  const world = await benchWorld({ EPOCH_SECONDS: '3600', SPARK_HOME: process.env.SPARK_HOME ?? (await sparkHome()) });
  try {
    await ensureEngine(world.environment, () => undefined, new AbortController().signal);
    const records = await fillTopic(world.config, plan);
    // Daemons that have just started cost whoever comes first half of its rate.
    await catchUpRow(world, 'warm-up', { words: [], records });
    const backlog: string[][] = [];
    for (const [name, words] of Object.entries(ENGINES))
      backlog.push(told(await catchUpRow(world, name, { words, records })));
    backlog.push(told(await plainCatchUp(world, records)));
    printTable(['a backlog', 'records/s', 'engine, µs a record', 'region server, µs', 'memory, MB', 'load'], backlog);
    const steady: string[][] = [];
    for (const [name, words] of Object.entries(ENGINES))
      steady.push(told(await steadyRow(world, name, { words, plan })));
    steady.push(told(await plainSteady(world, plan)));
    const head = [`${plan.ratePerSecond} a second, ms`, ...SHARES.map((share) => `p${share * 100}`)];
    printTable([...head, 'engine, % of a core', 'memory, MB', 'load'], steady);
  } finally {
    await world.drop();
  }
}

interface Meter {
  /** What these processes have used so far, and most that they held at once. */
  used(): { cpuMs: number; memoryMb: number };
  stop(): void;
}

/** Of processes that come and go; looks often enough to miss little of one that ends. */
function meterOf(pids: () => readonly number[]): Meter {
  const cpu = new Map<number, number>();
  let memoryMb = 0;
  const look = (): void => {
    const living = pids();
    for (const pid of living) cpu.set(pid, Math.max(cpu.get(pid) ?? 0, cpuMsOf(pid)));
    memoryMb = Math.max(
      memoryMb,
      living.map(residentMbOf).reduce((a, b) => a + b, 0),
    );
  };
  const timer = setInterval(look, 500);
  return {
    used() {
      look();
      return { cpuMs: [...cpu.values()].reduce((a, b) => a + b, 0), memoryMb };
    },
    stop: () => clearInterval(timer),
  };
}

/** The plain job is this process's only child. */
const ofPlainJob = (): Meter => meterOf(() => treeOf(process.pid).filter((pid) => pid !== process.pid));

interface Counting {
  readonly port: number;
  readonly meter: Meter;
  stop(): Promise<void>;
}

async function startCounting({ environment }: BenchWorld, words: readonly string[]): Promise<Counting> {
  const [port] = await freePorts(1);
  const child = spawn(process.execPath, ['--max-semi-space-size=64', 'sightline.mjs', 'speed', ...words], {
    env: { ...environment, METRICS_PORT: String(port) },
    stdio: 'inherit',
  });
  const meter = meterOf(() => treeOf(child.pid!));
  return {
    port: port!,
    meter,
    async stop() {
      meter.stop();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function catchUpRow(
  world: BenchWorld,
  name: string,
  { words, records }: { words: readonly string[]; records: number },
): Promise<string[]> {
  const own = await worldBeside(world, 'backlog');
  const stores = await openStores(own.config);
  const serverMs = cpuMsOf(world.daemons.regionserver!);
  const counting = await startCounting(own, words);
  try {
    const seconds = await drained(stores, records);
    const server = cpuMsOf(world.daemons.regionserver!) - serverMs;
    return [name, whole(records / seconds), ...costOf(counting.meter, server, records)];
  } finally {
    await counting.stop();
    await stores.close();
    await own.drop();
  }
}

async function steadyRow(
  world: BenchWorld,
  name: string,
  { words, plan }: { words: readonly string[]; plan: EnginesPlan },
): Promise<string[]> {
  const over = new AbortController();
  const fresh = await benchWorld({ EPOCH_SECONDS: '3600', SPARK_HOME: world.environment.SPARK_HOME! });
  await ensureEngine(fresh.environment, () => undefined, over.signal);
  const counting = await startCounting(fresh, words);
  const traffic = publishSteadily(fresh.config, plan, SLICE_MS, over.signal);
  try {
    await untilReady(counting.port);
    await pause(WARM_UP_MS);
    const [before, used] = [await bucketsOf(counting.port), counting.meter.used()];
    await pause(plan.seconds * 1_000);
    const [after, now] = [await bucketsOf(counting.port), counting.meter.used()];
    const percent = (100 * (now.cpuMs - used.cpuMs)) / (plan.seconds * 1_000);
    const waits = SHARES.map((share) => whole(1_000 * quantileOf(before, after, share)));
    return [name, ...waits, whole(percent), whole(now.memoryMb), load()];
  } finally {
    over.abort();
    await traffic;
    await counting.stop();
    await fresh.drop();
  }
}

/** A record's microseconds of the engine and of the region server, the memory, and how busy the machine is. */
function costOf(meter: Meter, serverMs: number, records: number): string[] {
  const { cpuMs, memoryMb } = meter.used();
  const perRecord = (ms: number): string => ((ms * 1_000) / records).toFixed(1);
  return [perRecord(cpuMs), perRecord(serverMs), whole(memoryMb), load()];
}

async function plainCatchUp(world: BenchWorld, records: number): Promise<string[]> {
  const own = await worldBeside(world, 'plain');
  const serverMs = cpuMsOf(world.daemons.regionserver!);
  const meter = ofPlainJob();
  try {
    const { HBASE_NAMESPACE: namespace } = own.config;
    const found = await runSparkPeer(own.config, { sink: 'counted', namespace, batch: BATCH });
    if (found.records < records) throw new Error(`Spark read ${found.records} of ${records} records`);
    const rates = `${whole(found.perSecond)} (${whole(found.perSecondWarm)} without the first batch)`;
    return [PLAIN, rates, ...costOf(meter, cpuMsOf(world.daemons.regionserver!) - serverMs, records)];
  } finally {
    meter.stop();
    await own.drop();
  }
}

async function plainSteady(world: BenchWorld, plan: EnginesPlan): Promise<string[]> {
  const own = await worldBeside(world, 'plain');
  const over = new AbortController();
  const traffic = publishSteadily(world.config, plan, SLICE_MS, over.signal);
  const meter = ofPlainJob();
  const beganMs = Date.now();
  try {
    const liveSeconds = plan.seconds + (2 * WARM_UP_MS) / 1_000;
    const plainPlan = {
      sink: 'counted',
      namespace: own.config.HBASE_NAMESPACE,
      batch: 10_000_000,
      liveSeconds,
    } as const;
    const { batches } = await runSparkPeer(world.config, plainPlan);
    const waits = waitsOf(batches, batches[0]!.beganMs + WARM_UP_MS).sort((a, b) => a - b);
    const { cpuMs, memoryMb } = meter.used();
    const percent = (100 * cpuMs) / (Date.now() - beganMs);
    return [PLAIN, ...SHARES.map((share) => whole(quantile(waits, share))), whole(percent), whole(memoryMb), load()];
  } finally {
    meter.stop();
    over.abort();
    await traffic;
    await own.drop();
  }
}

async function untilReady(port: number): Promise<void> {
  const giveUpAt = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const said = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (response) => response.text(),
      () => 'no answer',
    );
    if (said.trim() === 'ready') return;
    if (Date.now() > giveUpAt) throw new Error(`not ready after ${READY_LIMIT_MS} ms: ${said}`);
    await pause(500);
  }
}

/** Records by the upper bound of their wait in seconds, each bucket with those below it. */
type Buckets = ReadonlyMap<number, number>;

async function bucketsOf(port: number): Promise<Buckets> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const found = text.matchAll(/^sightline_speed_publish_to_visible_seconds_bucket\{le="([\d.]+)".*\} (\d+)$/gm);
  return new Map([...found].map(([, bound, count]) => [Number(bound), Number(count)]));
}

/** Seconds; of what came between two looks. */
function quantileOf(before: Buckets, after: Buckets, share: number): number {
  const bounds = [...after.keys()].sort((a, b) => a - b);
  const count = (bound: number): number => after.get(bound)! - (before.get(bound) ?? 0);
  const wanted = share * count(bounds.at(-1)!);
  let [below, counted] = [0, 0];
  for (const bound of bounds) {
    if (count(bound) >= wanted)
      return below + ((bound - below) * (wanted - counted)) / Math.max(1, count(bound) - counted);
    [below, counted] = [bound, count(bound)];
  }
  return below;
}

/** A run takes minutes: each row is told when it is there. */
function told(row: string[]): string[] {
  process.stderr.write(`${row.join(' | ')}\n`);
  return row;
}

const whole = (number: number): string => Math.round(number).toLocaleString('en');
const load = (): string => loadavg()[0]!.toFixed(1);
