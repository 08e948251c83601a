/**
 * `npm run bench -- stores`: HBase and Cassandra in one run. README.md says what came out.
 *
 *     npx tsx bench/stores/main.ts [--parts backlog,steady,day,disk,partitions] [--detections 300000] [--runs 3]
 *                                  [--rate 10000] [--seconds 30]
 *
 * Everything alternates between the stores, so that a machine that grows busier favours neither. Targets for Cassandra
 * on one node: 20,000 detections a second of a backlog, p99 under 500 ms at 10,000 a second.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { cassandraBeside } from '../../test/support/cassandra-beside.ts';
import { catchUp } from '../speed/catch-up.ts';
import { publishToAnswer } from '../speed/publish-to-answer.ts';
import { median, printTable, quantile } from '../support/table.ts';
import type { TrafficPlan } from '../support/traffic.ts';
import { fillTopic } from '../support/traffic.ts';
import { askDay } from './day.ts';
import { measureDisk, measurePartitions } from './disk.ts';
import type { StoreName } from './worlds.ts';
import { ofDaemons, STORES, worldOf } from './worlds.ts';

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: 'backlog,steady,day,disk,partitions' },
    detections: { type: 'string', default: '300000' },
    runs: { type: 'string', default: '3' },
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '30' },
  },
});
const plan: TrafficPlan = {
  ...{ detections: Number(values.detections), copies: 0.1, places: 400, items: 60, ratePerSecond: Number(values.rate) },
};
const parts = values.parts.split(',');
const load = (): string => loadavg()[0]!.toFixed(1);
const whole = (figure: number): string => Math.round(figure).toLocaleString('en');

const beside = await cassandraBeside();
try {
  if (parts.includes('backlog')) await printBacklog();
  if (parts.includes('steady')) await printSteady();
  if (parts.includes('day')) await printDay();
  // The node is stopped for what follows, so that all it holds is in files.
  const disk = parts.includes('disk') ? await measureDisk(beside, plan) : null;
  const partitions = parts.includes('partitions') ? await measurePartitions(beside, plan) : null;
  if (disk) printTable(['bytes a detection', ...STORES], await disk());
  if (partitions) printTable(['', 'table', 'partitions', 'p50', 'p99', 'greatest, bytes'], await partitions());
} finally {
  await beside.stop();
}
process.exit(0);

async function printBacklog(): Promise<void> {
  const rates = new Map<StoreName, number[]>(STORES.map((store) => [store, []]));
  const rows: string[][] = [];
  // The first of each is on daemons whose code is not compiled yet.
  for (let run = 0; run <= Number(values.runs); run++)
    for (const store of STORES) {
      const world = await worldOf(store, beside, { EPOCH_SECONDS: '300' });
      try {
        const records = await fillTopic(world.config, plan);
        const found = await catchUp(world, plan, { records, workers: 1 });
        if (run > 0) rates.get(store)!.push(found.detectionsPerSecond);
        rows.push([
          run === 0 ? `${store}, cold` : store,
          ...[whole(found.detectionsPerSecond), found.cpu['worker 1']!.toFixed(1)],
          ...[ofDaemons(store, found.cpu).toFixed(1), load()],
        ]);
        process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
      } finally {
        await world.drop();
      }
    }
  printTable(['a backlog', 'detections/s', 'worker, µs a record', 'store, µs a record', 'load'], rows);
  const [hbase, cassandra] = STORES.map((store) => median(rates.get(store)!));
  process.stdout.write(`Cassandra's rate is ${(cassandra! / hbase!).toFixed(2)} of HBase's\n`);
}

async function printSteady(): Promise<void> {
  const rows: string[][] = [];
  for (const store of STORES) {
    const world = await worldOf(store, beside, { EPOCH_SECONDS: '3600', RATE_LIMIT_PER_MINUTE: '0' });
    try {
      const steady = { ratePerSecond: plan.ratePerSecond, measureMs: Number(values.seconds) * 1_000 };
      const { asked, pushed, cpu, memoryMb } = await publishToAnswer(world, steady);
      rows.push([
        store,
        ...[0.5, 0.9, 0.99].map((share) => whole(quantile(asked, share))),
        ...[0.5, 0.99].map((share) => whole(quantile(pushed, share))),
        ...[whole(cpu.worker!), whole(ofDaemons(store, cpu)), whole(ofDaemons(store, memoryMb)), load()],
      ]);
      process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
    } finally {
      await world.drop();
    }
  }
  const head = ['by id: p50', 'p90', 'p99', 'pushed: p50', 'p99', 'worker, %', 'store, %', 'store, MB', 'load'];
  printTable([`${values.rate} a second, ms`, ...head], rows);
}

async function printDay(): Promise<void> {
  const rows: string[][] = [];
  for (const store of STORES) {
    const world = await worldOf(store, beside, { EPOCH_SECONDS: '3600', RATE_LIMIT_PER_MINUTE: '0' });
    try {
      for (const { name, firstMs, tookMs } of await askDay(world, plan.detections)) {
        const at = (share: number): string => quantile(tookMs, share).toFixed(1);
        rows.push([store, name, String(tookMs.length), firstMs.toFixed(1), at(0.5), at(0.99), load()]);
        process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
      }
    } finally {
      await world.drop();
    }
  }
  printTable(['the last 24 hours', 'question', 'asked', 'first, ms', 'p50', 'p99', 'load'], rows);
}
