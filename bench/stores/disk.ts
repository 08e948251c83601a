/**
 * What the stores keep in files: bytes for each detection, and in Cassandra the sizes of partitions.
 *
 * Method: a backlog is counted into tables of its own, then the daemon is stopped in order, which writes what it holds
 * in memory to files. HBase's are summed up by HDFS, Cassandra's by the file system; sizes of partitions come from
 * the statistics of its files (SSTableMetadataViewer, a program of Cassandra's distribution).
 */
import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { keyspaceOf } from '../../core/process/store-settings.ts';
import { CASSANDRA_JVM } from '../../hadoop-compose/cluster/cassandra.ts';
import { stopDaemons } from '../../hadoop-compose/cluster/down.ts';
import { OPENED_TO_ALL } from '../../hadoop-compose/cluster/launch.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import type { CassandraBeside } from '../../test/support/cassandra-beside.ts';
import { catchUp } from '../speed/catch-up.ts';
import type { TrafficPlan } from '../support/traffic.ts';
import { fillTopic } from '../support/traffic.ts';
import type { BenchWorld } from '../support/world.ts';
import type { StoreName } from './worlds.ts';
import { worldOf } from './worlds.ts';

type Rows = () => Promise<string[][]>;

/** Counts into both; the table is ready when it is asked for, which stops the daemons. */
export async function measureDisk(beside: CassandraBeside, plan: TrafficPlan): Promise<Rows> {
  const hbase = await counted('HBase', beside, plan);
  const cassandra = await counted('Cassandra', beside, plan);
  return async () => {
    await stopDaemons(stackFrom(), ['regionserver'], () => undefined);
    await beside.drain();
    const perDetection = (bytes: number): string => (bytes / plan.detections).toFixed(1);
    const tables = [...tablesOf(beside, cassandra)].map(([table, files]) => [table, '', perDetection(sizeOf(files))]);
    const all = [...tablesOf(beside, cassandra).values()].flat();
    return [['all', perDetection(await bytesInHdfs(hbase)), perDetection(sizeOf(all))], ...tables];
  };
}

const VARIANTS: readonly [string, Partial<TrafficPlan>][] = [
  ['400 places, 60 items', {}],
  ['100,000 places', { places: 100_000 }],
  ['100,000 items', { items: 100_000 }],
];

/** Partition sizes at the extremes that the layout has to bear. */
export async function measurePartitions(beside: CassandraBeside, plan: TrafficPlan): Promise<Rows> {
  const worlds: [string, BenchWorld][] = [];
  for (const [name, variant] of VARIANTS)
    worlds.push([name, await counted('Cassandra', beside, { ...plan, ...variant })]);
  return async () => {
    await beside.drain();
    const rows: string[][] = [];
    for (const [name, world] of worlds)
      for (const [table, files] of tablesOf(beside, world)) {
        const sizes = await partitionSizes(beside, files);
        if (sizes) rows.push([name, table, ...sizes]);
      }
    return rows;
  };
}

async function counted(store: StoreName, beside: CassandraBeside, plan: TrafficPlan): Promise<BenchWorld> {
  const world = await worldOf(store, beside, { EPOCH_SECONDS: '86400' });
  await catchUp(world, plan, { records: await fillTopic(world.config, plan), workers: 1 });
  return world;
}

/** The data files of each table that has any. */
function tablesOf({ tables }: CassandraBeside, { config }: BenchWorld): Map<string, string[]> {
  const keyspace = join(tables, keyspaceOf(config));
  const found = new Map<string, string[]>();
  for (const folder of readdirSync(keyspace)) {
    const files = readdirSync(join(keyspace, folder)).filter((name) => name.endsWith('.db'));
    if (files.length === 0) continue;
    found.set(
      folder.slice(0, folder.lastIndexOf('-')),
      files.map((name) => join(keyspace, folder, name)),
    );
  }
  return found;
}

const sizeOf = (files: readonly string[]): number => files.reduce((sum, file) => sum + statSync(file).size, 0);

async function bytesInHdfs({ config }: BenchWorld): Promise<number> {
  const path = `/webhdfs/v1/hbase/data/${config.HBASE_NAMESPACE}?op=GETCONTENTSUMMARY`;
  const response = await fetch(config.WEBHDFS_URL + path);
  const { ContentSummary } = (await response.json()) as { ContentSummary: { length: number } };
  return ContentSummary.length;
}

const VIEWER = 'org.apache.cassandra.tools.SSTableMetadataViewer';

/** Partitions, the middle one, that of 99 in 100 and the greatest; of the file with the greatest one. */
async function partitionSizes({ jars, yaml }: CassandraBeside, files: readonly string[]): Promise<string[] | null> {
  const java = await findJava();
  let greatest: string[] | null = null;
  const settings = `-Dcassandra.config=${pathToFileURL(yaml).href}`;
  const viewer = [...CASSANDRA_JVM, ...OPENED_TO_ALL, settings, '-cp', jars, VIEWER];
  for (const file of files.filter((name) => name.endsWith('-Data.db'))) {
    const { stdout } = await promisify(execFile)(java, [...viewer, file], { maxBuffer: 1 << 26 });
    const sizes = sizesIn(stdout);
    if (sizes && (greatest === null || Number(sizes[3]) > Number(greatest[3]))) greatest = sizes;
  }
  return greatest;
}

/** Source: the viewer prints a histogram under "Partition Size", and below it its percentiles, Min and Max. */
function sizesIn(text: string): string[] | null {
  const partitions = /totalRows|Estimated cardinality: (\d+)/.exec(text)?.[1] ?? '';
  const part = text.slice(text.indexOf('Partition Size'));
  const at = (name: string): string => new RegExp(`^\\s+${name}\\s+(\\d+)`, 'm').exec(part)?.[1] ?? '';
  return part === text ? null : [partitions, at('50th'), at('99th'), at('Max')];
}
