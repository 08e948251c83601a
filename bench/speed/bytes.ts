/**
 * What a detection takes on disk, by place: Kafka's log, each table of HBase, the lake.
 *
 * Method: records are published at the plan's rate, so that batches have the size that they have in life, and a worker
 * counts them beside it. Then the epoch is published, and sizes are taken: of Kafka's segments from the
 * stack's folder, of everything else from HDFS. Tables are disabled first, because that writes what they hold in memory
 * to files. HBase's log is not counted: it goes when memory is written, and its size follows the memory and not the
 * detections.
 */
import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../core/process/config.ts';
import type { TrafficPlan } from '../support/traffic.ts';
import type { BenchWorld } from '../support/world.ts';
import { LAKE } from '../../core/layout/lake.ts';
import { openStores } from '../../core/stores/open.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';
import { dataFolder, stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { printTable } from '../support/table.ts';
import { publishSteadily } from '../support/traffic.ts';
import { benchWorld } from '../support/world.ts';
import { drained } from './catch-up.ts';

const EPOCH_SECONDS = 60;
const TABLES = ['detections', 'speed_view', 'batch_view'] as const;
const TARGET_BYTES = 100;

export async function printBytes(plan: Omit<TrafficPlan, 'detections'>, seconds: number): Promise<void> {
  const world = await benchWorld({ EPOCH_SECONDS: String(EPOCH_SECONDS) });
  const worker = spawn(process.execPath, ['sightline.mjs', 'speed'], { env: world.environment, stdio: 'inherit' });
  try {
    const records = await publishAndCount(world, plan, seconds);
    const detections = await publishEpochs(world);
    worker.kill('SIGTERM');
    await new Promise((resolve) => worker.once('exit', resolve));
    const { SIGHTLINE_ROOT: root } = world.config;
    const raw = await treeBytes(world.config, `${root}/${LAKE}/raw`);
    const sizes: [string, number][] = [
      ["Kafka's log", await segmentBytes(world.config)],
      ...(await tableBytes(world.config)),
      ['lake: raw files', raw],
      ['lake: all else', (await treeBytes(world.config, root)) - raw],
    ];
    const all = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
    printTable(
      [`${records.toLocaleString('en')} records, ${detections.toLocaleString('en')} detections`, 'bytes a detection'],
      [...sizes, [`all (target ${TARGET_BYTES})`, all] as const].map(([name, bytes]) => [
        name,
        (bytes / detections).toFixed(1),
      ]),
    );
  } finally {
    worker.kill('SIGKILL');
    await world.drop();
  }
}

/** Resolves with the number of records once the worker has counted them all. */
async function publishAndCount(
  world: BenchWorld,
  plan: Omit<TrafficPlan, 'detections'>,
  seconds: number,
): Promise<number> {
  const stores = await openStores(world.config);
  try {
    await publishSteadily(world.config, plan, 10, AbortSignal.timeout(seconds * 1_000));
    const records = (await stores.admin.ends()).reduce((sum, { high }) => sum + high, 0);
    await drained(stores, records);
    return records;
  } finally {
    await stores.close();
  }
}

/** Resolves with the detections of the lake once the epoch of now is over and published. */
async function publishEpochs(world: BenchWorld): Promise<number> {
  const length = EPOCH_SECONDS * 1_000;
  await pause(length - (Date.now() % length) + 2_000);
  const run = spawn(process.execPath, ['sightline.mjs', 'batch', 'run', '--json'], {
    env: world.environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, code] = await Promise.all([
    text(run.stdout),
    new Promise<number | null>((resolve) => run.once('exit', resolve)),
  ]);
  const reports = said
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { readonly result: string; readonly rows: number });
  const unproved = reports.filter(({ result }) => result !== 'proved').length;
  if (code !== 0 || unproved > 0) throw new Error(`batch run ended with ${code}, ${unproved} epochs are not proved`);
  return reports.reduce((sum, { rows }) => sum + rows, 0);
}

/** Disabling a table writes what it holds in memory to its files. */
async function tableBytes(config: Config): Promise<[string, number][]> {
  const hbase = openHBase(config);
  const sizes: [string, number][] = [];
  try {
    for (const table of TABLES) {
      await hbase.admin.disableTable(`${config.HBASE_NAMESPACE}:${table}`);
      sizes.push([`HBase: ${table}`, await treeBytes(config, `/hbase/data/${config.HBASE_NAMESPACE}/${table}`)]);
    }
    return sizes;
  } finally {
    await hbase.close();
  }
}

async function segmentBytes(config: Config): Promise<number> {
  const folder = dataFolder(stackFrom(), 'kafka');
  const partitions = (await readdir(folder)).filter((name) => name.startsWith(`${config.KAFKA_TOPIC}-`));
  let bytes = 0;
  for (const partition of partitions) {
    const files = (await readdir(join(folder, partition))).filter((name) => name.endsWith('.log'));
    for (const file of files) bytes += (await stat(join(folder, partition, file))).size;
  }
  return bytes;
}

/** Bytes of all files under a path of HDFS, each counted once. */
async function treeBytes(config: Config, path: string): Promise<number> {
  const query = new URLSearchParams({ op: 'GETCONTENTSUMMARY', 'user.name': config.HADOOP_USER });
  const answer = await fetch(`${config.WEBHDFS_URL}/webhdfs/v1${path}?${query}`);
  if (!answer.ok) throw new Error(`${path}: HDFS answered ${answer.status}`);
  return ((await answer.json()) as { readonly ContentSummary: { readonly length: number } }).ContentSummary.length;
}
