/**
 * How long a detection takes from the camera's send to an answer of the API, while ten thousand a second go by.
 *
 * Method: a worker and the app as processes of their own, traffic at a steady rate from this one, and among it probes:
 * each is sent, then asked for by its id every few milliseconds until the app answers with it, and waited for at a
 * stream of top items. Both distributions are printed, and what a record costs each process. Targets: p50 at most 100
 * ms, p99 at most 500 ms; the worker at most 30 % of a core, all daemons with it 150 %.
 *
 *     npx tsx bench/speed/freshness.ts [--rate 10000] [--seconds 60] [--linger-ms 200]
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startApp } from '../../test/support/app-process.ts';
import type { PushedProbes } from './pushed.ts';
import { cpuMeter } from '../support/cpu.ts';
import { quantile } from '../support/table.ts';
import { openProducer, publishSteadily } from '../support/traffic.ts';
import { benchWorld } from '../support/world.ts';
import { watchPushes } from './pushed.ts';

const WARM_UP_MS = 20_000;
const SLICE_MS = 10;
const PROBE_EVERY_MS = 100;
const ASK_EVERY_MS = 4;
const GIVE_UP_MS = 30_000;

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '60' },
    'linger-ms': { type: 'string' },
  },
});
const rate = Number(values.rate);
const measureMs = Number(values.seconds) * 1_000;

const linger = values['linger-ms'];
const world = await benchWorld({ EPOCH_SECONDS: '3600', ...(linger === undefined ? {} : { SPEED_LINGER_MS: linger }) });
const worker = spawn(process.execPath, ['--max-semi-space-size=64', 'sightline.mjs', 'speed'], {
  env: world.environment,
  stdio: 'inherit',
});
const app = await startApp(world.environment);
try {
  const over = new AbortController();
  const traffic = publishSteadily(
    world.config,
    { copies: 0.1, places: 400, items: 60, ratePerSecond: rate },
    SLICE_MS,
    over.signal,
  );
  await pause(WARM_UP_MS);
  const meter = cpuMeter({ worker: worker.pid!, ...world.daemons });
  const pushes = watchPushes(app.address, 'probe');
  const latencies = await probe(Date.now() + measureMs, pushes);
  const cpu = meter.read();
  over.abort();
  await traffic;
  pushes.end();
  report('asked by its id', latencies);
  report('pushed', pushes.tookMs);
  for (const [name, ms] of Object.entries(cpu)) line(name, `${((100 * ms) / measureMs).toFixed(0)} % of a core`);
} finally {
  worker.kill('SIGTERM');
  await new Promise((resolve) => worker.once('exit', resolve));
  await app.stop();
  await world.drop();
}

/** Milliseconds from the send of each probe to the answer that has it. */
async function probe(untilMs: number, pushes: PushedProbes): Promise<number[]> {
  const producer = await openProducer(world.config, { 'linger.ms': 0 });
  const asked: Promise<number>[] = [];
  for (let id = BigInt(Date.now()) << 20n; Date.now() < untilMs; id++) {
    const value = `{"geographical_location_oid":1,"video_camera_oid":1,"detection_oid":${id},"item_name":"probe","timestamp_detected":${Date.now()}}`;
    const sentMs = performance.now();
    producer.produce(world.config.KAFKA_TOPIC, null, Buffer.from(value), String(id));
    pushes.sent(sentMs);
    asked.push(visible(String(id), sentMs));
    await pause(PROBE_EVERY_MS);
  }
  const latencies = await Promise.all(asked);
  await new Promise((resolve) => producer.disconnect(resolve));
  return latencies;
}

async function visible(id: string, sentMs: number): Promise<number> {
  for (;;) {
    const response = await fetch(`${app.address}/api/v1/detections/${id}`);
    await response.arrayBuffer();
    const tookMs = performance.now() - sentMs;
    if (response.status === 200) return tookMs;
    if (tookMs > GIVE_UP_MS) throw new Error(`${id} was not to be seen after ${GIVE_UP_MS} ms`);
    await pause(ASK_EVERY_MS);
  }
}

function line(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(16)}${value}\n`);
}

function report(what: string, latencies: number[]): void {
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => `${Math.round(quantile(latencies, share))} ms`;
  line(what, `${latencies.length} probes`);
  for (const share of [0.1, 0.5, 0.9, 0.99]) line(`p${share * 100}`, at(share));
  line('slowest', at(1));
}
