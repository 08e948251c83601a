/**
 * How fast a speed worker works off a backlog: Kafka → decide → HBase acknowledged → progress, everything on this machine.
 *
 * Method: a topic is filled, HBase is left to settle, one worker is started, and time is taken from its first progress to the
 * last; the processor time of the worker and of each daemon over the same span is divided by the records. Target: 40,000
 * detections a second, never below 25,000, with 10 % copies and 400 places.
 *
 *     npx tsx bench/speed/catch-up.ts [--detections 500000] [--copies 0.1] [--places 400] [--items 60] [--workers 1]
 */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Stores } from '../../core/stores/open.ts';
import { openStores } from '../../core/stores/open.ts';
import { cpuMeter } from '../support/cpu.ts';
import { fillTopic } from '../support/traffic.ts';
import { benchWorld } from '../support/world.ts';

const LIMIT_MS = 300_000;
const POLL_MS = 50;

const { values } = parseArgs({
  options: {
    detections: { type: 'string', default: '500000' },
    copies: { type: 'string', default: '0.1' },
    places: { type: 'string', default: '400' },
    items: { type: 'string', default: '60' },
    rate: { type: 'string', default: '10000' },
    workers: { type: 'string', default: '1' },
    'node-option': { type: 'string', multiple: true, default: [] },
  },
});
const plan = {
  detections: Number(values.detections),
  copies: Number(values.copies),
  places: Number(values.places),
  items: Number(values.items),
  ratePerSecond: Number(values.rate),
};

const world = await benchWorld({ EPOCH_SECONDS: '300' });
try {
  const records = await fillTopic(world.config, plan);
  const stores = await openStores(world.config);
  const workers = Array.from({ length: Number(values.workers) }, () =>
    spawn(process.execPath, ['--max-semi-space-size=64', ...values['node-option'], 'sightline.mjs', 'speed'], { env: world.environment, stdio: 'inherit' }),
  );
  const meter = cpuMeter({
    ...Object.fromEntries(workers.map(({ pid }, i) => [`worker ${i + 1}`, pid!])),
    ...world.daemons,
  });
  try {
    const seconds = await drained(stores, records);
    report(records, seconds, meter.read());
  } finally {
    for (const worker of workers) worker.kill('SIGTERM');
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
    await stores.close();
  }
} finally {
  await world.drop();
}

/** Seconds from the first progress to the last. */
async function drained(stores: Stores, records: number): Promise<number> {
  const { rules, control } = stores;
  const partitions = rules.firstOffsets.map((_, partition) => partition);
  const deadline = Date.now() + LIMIT_MS;
  let began: { atMs: number; done: number } | null = null;
  for (;;) {
    const done = (await control.progress(rules.generation, partitions)).reduce((sum, row) => sum + (row?.nextOffset ?? 0), 0);
    if (done > 0) began ??= { atMs: performance.now(), done };
    if (began && done >= records) return ((performance.now() - began.atMs) / 1_000) * (records / Math.max(1, records - began.done));
    if (Date.now() > deadline) throw new Error(`${done} of ${records} records after ${LIMIT_MS / 1_000} s`);
    await pause(POLL_MS);
  }
}

function report(records: number, seconds: number, cpu: Record<string, number>): void {
  const line = (name: string, value: string): void => void process.stdout.write(`${name.padEnd(16)}${value}\n`);
  line('records', `${records.toLocaleString('en')} in ${seconds.toFixed(1)} s`);
  line('throughput', `${Math.round(records / seconds).toLocaleString('en')} records/s, ${Math.round(plan.detections / seconds).toLocaleString('en')} detections/s`);
  for (const [name, ms] of Object.entries(cpu)) line(name, `${((ms * 1_000) / records).toFixed(1)} µs a record (start included)`);
}
