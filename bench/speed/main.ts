/**
 * `npm run bench:speed -- [catch-up|spark|latency|engines|growth|bytes]`: what the speed layer costs. README.md says
 * how, and what came out.
 *
 *     catch-up  [--detections 600000] [--copies 0.1] [--places 400] [--items 60] [--workers 1] [--partitions 12] [--runs 1]
 *     spark     the same, and Spark Structured Streaming over the same topic: to nowhere, a row a detection
 *               to HBase, and all that the speed layer keeps
 *     latency   the same Spark job beside traffic at a steady rate: how long a record waits for its micro-batch; freshness.ts is ours
 *     engines   the worker, the engine on Spark with both triggers and the plain Spark job, on one topic: a backlog, then a steady rate
 *     bytes     what a detection takes on disk, by place  [--rate 10000] [--seconds 60]
 *     growth    how throughput changes with partitions, places, items, copies and workers
 *
 * Each makes a topic and a namespace of its own on the stack of the environment, and removes them.
 */
import { parseArgs } from 'node:util';
import type { TrafficPlan } from '../support/traffic.ts';
import type { BenchWorld } from '../support/world.ts';
import type { CaughtUp } from './catch-up.ts';
import type { SparkSink } from './peer/spark.ts';
import { median, printTable, quantile } from '../support/table.ts';
import { fillTopic, publishSteadily } from '../support/traffic.ts';
import { benchWorld } from '../support/world.ts';
import { printBytes } from './bytes.ts';
import { catchUp } from './catch-up.ts';
import { printEngines } from './engines.ts';
import { runSparkPeer, waitsOf } from './peer/spark.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    detections: { type: 'string', default: '600000' },
    copies: { type: 'string', default: '0.1' },
    places: { type: 'string', default: '400' },
    items: { type: 'string', default: '60' },
    rate: { type: 'string', default: '10000' },
    workers: { type: 'string', default: '1' },
    partitions: { type: 'string', default: '12' },
    runs: { type: 'string', default: '1' },
    batch: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    sinks: { type: 'string', default: 'noop,rows,counted' },
    'node-option': { type: 'string', multiple: true, default: [] },
  },
});

interface Run extends TrafficPlan {
  readonly workers: number;
  readonly partitions: number;
  readonly nodeOptions: readonly string[];
}

const asked: Run = {
  detections: Number(values.detections),
  copies: Number(values.copies),
  places: Number(values.places),
  items: Number(values.items),
  ratePerSecond: Number(values.rate),
  workers: Number(values.workers),
  partitions: Number(values.partitions),
  nodeOptions: values['node-option'],
};
const SPARK_WARM_UP_MS = 30_000;
const WITHOUT_LOOK_UPS = ['--import', './bench/speed/without-look-ups.mjs'];
const [what = 'catch-up'] = positionals;

if (what === 'catch-up') await printCatchUp();
else if (what === 'spark') await printBesideSpark();
else if (what === 'latency') await printLatencyOfSpark();
else if (what === 'growth') await printGrowth();
else if (what === 'engines') await printEngines({ ...asked, seconds: Number(values.seconds) });
else if (what === 'bytes') await printBytes(asked, Number(values.seconds));
else throw new Error(`"${what}" is none of catch-up, spark, latency, growth, engines, bytes`);
process.exit(0);

async function printCatchUp(): Promise<void> {
  for (let run = 0; run < Number(values.runs); run++) {
    const found = await inWorld(asked, (world, records) => caughtUp(world, asked, records));
    printTable(
      ['', ''],
      [
        ['records', found.records.toLocaleString('en')],
        [
          'throughput',
          `${perSecond(found.recordsPerSecond)} records/s, ${perSecond(found.detectionsPerSecond)} detections/s`,
        ],
        ...Object.entries(found.cpu).map(([name, us]) => [name, `${us.toFixed(1)} µs a record (start included)`]),
      ],
    );
  }
}

/** Ours before and after Spark's runs, so that a machine that grows busier does not pass for a difference. */
async function printBesideSpark(): Promise<void> {
  await inWorld(asked, async (world, records) => {
    // From here on the topic also holds the strays that were sent home.
    const before = await caughtUp(world, asked, records);
    const rows = [rowOfOurs('speed worker', before)];
    for (const sink of values.sinks.split(',') as SparkSink[]) {
      const of = await benchWorld();
      try {
        const found = await runSparkPeer(world.config, {
          sink,
          namespace: of.config.HBASE_NAMESPACE,
          batch: Number(values.batch),
        });
        if (found.records < records) throw new Error(`Spark read ${found.records} of ${records} records`);
        const ratio = (before.recordsPerSecond / found.perSecondWarm).toFixed(2);
        rows.push([
          `Spark, rows to ${sink}`,
          perSecond(found.perSecond),
          perSecond(found.perSecondWarm),
          `${ratio} ×`,
          `${found.medianBatchMs} ms a batch`,
        ]);
      } finally {
        await of.drop();
      }
    }
    const again = await inWorld(asked, (other, count) => caughtUp(other, asked, count));
    rows.push(rowOfOurs('speed worker again', again));
    printTable(['records a second', 'all', 'but the first batch', 'speed worker is faster', ''], rows);
  });
}

/**
 * Steady traffic begins before Spark does, so that its first batches, in which code is cold, are over when it counts.
 */
async function printLatencyOfSpark(): Promise<void> {
  const world = await benchWorld({ EPOCH_SECONDS: '3600' });
  const over = new AbortController();
  try {
    const traffic = publishSteadily(world.config, asked, 10, over.signal);
    const rows: string[][] = [];
    for (const sink of values.sinks.split(',').filter((name) => name !== 'noop') as SparkSink[]) {
      const liveSeconds = Number(values.seconds) + SPARK_WARM_UP_MS / 1_000;
      const { batches, medianBatchMs } = await runSparkPeer(world.config, {
        sink,
        namespace: world.config.HBASE_NAMESPACE,
        batch: 10_000_000,
        liveSeconds,
      });
      const waits = waitsOf(batches, batches[0]!.beganMs + SPARK_WARM_UP_MS).sort((a, b) => a - b);
      const at = (share: number): string => String(Math.round(quantile(waits, share)));
      rows.push([`Spark, ${sink}`, ...[0.1, 0.5, 0.9, 0.99, 1].map(at), String(medianBatchMs)]);
    }
    over.abort();
    await traffic;
    printTable(['ms', 'p10', 'p50', 'p90', 'p99', 'slowest', 'a batch'], rows);
  } finally {
    over.abort();
    await world.drop();
  }
}

function rowOfOurs(name: string, found: CaughtUp): string[] {
  return [name, perSecond(found.recordsPerSecond), '', '', ''];
}

async function printGrowth(): Promise<void> {
  const many = (
    of: 'partitions' | 'places' | 'items' | 'copies' | 'workers',
    counts: readonly number[],
  ): [string, Partial<Run>][] => counts.map((count) => [`${of} ${count.toLocaleString('en')}`, { [of]: count }]);
  const variants: [name: string, Partial<Run>][] = [
    ['as asked', {}],
    ...many('partitions', [1, 4, 48]),
    ...many('places', [10, 10_000, 100_000]),
    ...many('items', [10, 1_000, 100_000]),
    ...many('copies', [0, 0.5]),
    ...many('workers', [2]),
    ['no look-ups (copies count twice)', { nodeOptions: WITHOUT_LOOK_UPS }],
    ['as asked, again', {}],
  ];
  const rows: string[][] = [];
  for (const [name, variant] of variants) {
    const run = { ...asked, ...variant };
    const found: CaughtUp[] = [];
    for (let i = 0; i < Number(values.runs); i++)
      found.push(await inWorld(run, (world, records) => caughtUp(world, run, records)));
    const of = (pick: (each: CaughtUp) => number): number => median(found.map(pick));
    const workers = of(({ cpu }) =>
      Object.entries(cpu).reduce((sum, [name, us]) => sum + (name.startsWith('worker') ? us : 0), 0),
    );
    rows.push([
      name,
      perSecond(of((each) => each.recordsPerSecond)),
      perSecond(of((each) => each.detectionsPerSecond)),
      workers.toFixed(1),
      of(({ cpu }) => cpu.regionserver ?? 0).toFixed(1),
      of(({ cpu }) => cpu.kafka ?? 0).toFixed(1),
    ]);
    process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
  }
  printTable(['', 'records/s', 'detections/s', 'workers, µs a record', 'region server, µs', 'Kafka, µs'], rows);
}

function caughtUp(world: BenchWorld, run: Run, records: number): Promise<CaughtUp> {
  return catchUp(world, run, { records, workers: run.workers, nodeOptions: run.nodeOptions });
}

/** Fills a topic of a world of its own, does the work, removes everything. */
async function inWorld<T>(run: Run, work: (world: BenchWorld, records: number) => Promise<T>): Promise<T> {
  const world = await benchWorld({ EPOCH_SECONDS: '300', KAFKA_PARTITIONS: String(run.partitions) });
  try {
    return await work(world, await fillTopic(world.config, run));
  } finally {
    await world.drop();
  }
}

function perSecond(rate: number): string {
  return Math.round(rate).toLocaleString('en');
}
