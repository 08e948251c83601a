/**
 * How long a detection takes from the camera's send to an answer of the API, while thousands a second go by.
 *
 * Method: a worker and the app as processes of their own, traffic at a steady rate from this one, and among it probes:
 * each is sent, then asked for by its id every few milliseconds until the app answers with it, and waited for at a
 * stream of top items. freshness.ts prints it of one store, bench/stores of both.
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { startApp } from '../../test/support/app-process.ts';
import { cpuMeter, residentMbOf } from '../support/cpu.ts';
import { openProducer, publishSteadily } from '../support/traffic.ts';
import type { BenchWorld } from '../support/world.ts';
import type { PushedProbes } from './pushed.ts';
import { watchPushes } from './pushed.ts';

const WARM_UP_MS = 20_000;
const SLICE_MS = 10;
const PROBE_EVERY_MS = 100;
const ASK_EVERY_MS = 4;
/**
 * Later questions wait for so much of the time that is over: a system that is behind is not pushed further by them, and
 * the error stays below 5 %.
 */
const ASK_AFTER_SHARE = 0.05;
const GIVE_UP_MS = 30_000;

export interface Freshness {
  /** Milliseconds of each probe, in order of size. */
  readonly asked: readonly number[];
  readonly pushed: readonly number[];
  /** Percent of a core, by process. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Resident at the end, by process. */
  readonly memoryMb: Readonly<Record<string, number>>;
}

export async function publishToAnswer(
  world: BenchWorld,
  { ratePerSecond, measureMs }: { ratePerSecond: number; measureMs: number },
): Promise<Freshness> {
  const worker = spawn(process.execPath, ['--max-semi-space-size=64', 'sightline.mjs', 'speed'], {
    env: world.environment,
    stdio: 'inherit',
  });
  const app = await startApp(world.environment);
  const over = new AbortController();
  const plan = { copies: 0.1, places: 400, items: 60, ratePerSecond };
  const traffic = publishSteadily(world.config, plan, SLICE_MS, over.signal);
  try {
    await pause(WARM_UP_MS);
    const pids = { worker: worker.pid!, app: app.pid, ...world.daemons };
    const meter = cpuMeter(pids);
    const pushes = watchPushes(app.address, 'probe');
    const asked = await probe(world, app.address, Date.now() + measureMs, pushes);
    const cpu = Object.entries(meter.read()).map(([name, ms]) => [name, (100 * ms) / measureMs]);
    const memoryMb = Object.entries(pids).map(([name, pid]) => [name, residentMbOf(pid)]);
    pushes.end();
    const inOrder = (each: number[]): number[] => each.sort((a, b) => a - b);
    return {
      ...{ asked: inOrder(asked), pushed: inOrder(pushes.tookMs) },
      ...{ cpu: Object.fromEntries(cpu), memoryMb: Object.fromEntries(memoryMb) },
    };
  } finally {
    over.abort();
    await traffic;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.kill('SIGTERM');
    await ended;
    await app.stop();
  }
}

/** Milliseconds from the send of each probe to the answer that has it. */
async function probe(world: BenchWorld, address: string, untilMs: number, pushes: PushedProbes): Promise<number[]> {
  const producer = await openProducer(world.config, { 'linger.ms': 0 });
  const asked: Promise<number>[] = [];
  for (let id = BigInt(Date.now()) << 20n; Date.now() < untilMs; id++) {
    const value =
      `{"geographical_location_oid":1,"video_camera_oid":1,"detection_oid":${id},"item_name":"probe",` +
      `"timestamp_detected":${Date.now()}}`;
    const sentMs = performance.now();
    producer.produce(world.config.KAFKA_TOPIC, null, Buffer.from(value), String(id));
    pushes.sent(sentMs);
    asked.push(visible(address, String(id), sentMs));
    await pause(PROBE_EVERY_MS);
  }
  const latencies = await Promise.all(asked);
  await new Promise((resolve) => producer.disconnect(resolve));
  return latencies;
}

async function visible(address: string, id: string, sentMs: number): Promise<number> {
  for (;;) {
    const response = await fetch(`${address}/api/v1/detections/${id}`);
    await response.arrayBuffer();
    const tookMs = performance.now() - sentMs;
    if (response.status === 200) return tookMs;
    if (tookMs > GIVE_UP_MS) throw new Error(`${id} was not to be seen after ${GIVE_UP_MS} ms`);
    await pause(Math.max(ASK_EVERY_MS, tookMs * ASK_AFTER_SHARE));
  }
}
