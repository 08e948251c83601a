/**
 * Runs stream.scala over the backlog of a topic: what a team would pick instead of a speed layer, on the same cores and
 * records.
 *
 * PySpark's own spark-shell (`sightline spark setup`) with Spark's connector for Kafka and HBase's client for
 * MapReduce, which Maven brings once. State in RocksDB, two cores. The time is that of the batches alone, so that
 * neither the start of the JVM nor that of the session is held against Spark; its first batch, in which code is still
 * cold, is given apart.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killGroup } from '../../../core/process/group.ts';
import type { Config } from '../../../core/process/config.ts';
import { mavenDependencyPlugin } from '../../../hadoop-compose/stack/versions.ts';
import { findMaven } from '../../../hadoop-compose/cluster/tools.ts';
import { ensureSpark } from '../../../hadoop-compose/spark/command.ts';
import { median } from '../../support/table.ts';

/** To nowhere; a row a detection; rows, lists and counts, as the speed layer keeps them. */
export type SparkSink = 'noop' | 'rows' | 'counted';

export interface PeerPlan {
  readonly sink: SparkSink;
  /** Of HBase, with the tables of the speed layer. */
  readonly namespace: string;
  /** Most records in a micro-batch. */
  readonly batch: number;
  /** Reads what comes for so long, instead of the backlog. */
  readonly liveSeconds?: number;
}

export interface PeerRun {
  readonly records: number;
  /** Over all batches, and over all but the first. */
  readonly perSecond: number;
  readonly perSecondWarm: number;
  /** Milliseconds of a batch. */
  readonly medianBatchMs: number;
  readonly batches: readonly PeerBatch[];
}

export interface PeerBatch {
  readonly records: number;
  /** When it asked Kafka how far the log goes, in milliseconds since 1970. */
  readonly beganMs: number;
  readonly tookMs: number;
}

const HERE = fileURLToPath(new URL('.', import.meta.url));
const LIMIT_MS = 480_000;

export async function runSparkPeer(
  config: Config,
  { sink, namespace, batch, liveSeconds = 0 }: PeerPlan,
): Promise<PeerRun> {
  const shell = join(dirname(await ensureSpark()), 'spark-shell');
  const jars = await peerJars(resolve('.sightline', 'spark-peer-jars'));
  const scratch = await mkdtemp(join(tmpdir(), 'sightline-peer-'));
  try {
    const said = await saidBy(shell, optionsOf(jars, scratch), {
      ...process.env,
      PATH: `${dirname(shell)}:${process.env.PATH ?? ''}`,
      SPARK_LOCAL_IP: '127.0.0.1',
      PEER_BROKERS: config.KAFKA_BROKERS,
      PEER_TOPIC: config.KAFKA_TOPIC,
      PEER_BATCH: String(batch),
      PEER_PLACES: resolve('hadoop-compose/cameras/places.csv'),
      PEER_ZOOKEEPER: config.HBASE_ZOOKEEPER,
      PEER_ZNODE: config.HBASE_ZNODE,
      PEER_NAMESPACE: namespace,
      PEER_CHECKPOINT: join(scratch, 'checkpoint'),
      PEER_SINK: sink,
      PEER_SECONDS: String(liveSeconds),
    });
    return figuresOf(
      (JSON.parse(said) as [number, number, number][]).map(([records, beganMs, tookMs]) => ({
        records,
        beganMs,
        tookMs,
      })),
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function figuresOf(batches: readonly PeerBatch[]): PeerRun {
  const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
  const rate = (of: readonly PeerBatch[]): number =>
    (1_000 * sum(of.map(({ records }) => records))) / sum(of.map(({ tookMs }) => tookMs));
  return {
    records: sum(batches.map(({ records }) => records)),
    perSecond: rate(batches),
    perSecondWarm: rate(batches.slice(1)),
    medianBatchMs: median(batches.map(({ tookMs }) => tookMs)),
    batches,
  };
}

const POINTS_OF_A_BATCH = 100;

/**
 * Milliseconds from a record's coming to the end of the batch that had it, for traffic at a steady rate: a batch takes
 * what came between the beginning of the one before and its own. Batches that began before `fromMs` are left out.
 */
export function waitsOf(batches: readonly PeerBatch[], fromMs: number): number[] {
  return batches.flatMap(({ beganMs, tookMs }, i) => {
    const before = batches[i - 1];
    if (before === undefined || before.beganMs < fromMs) return [];
    const sinceMs = beganMs - before.beganMs;
    const points = Math.max(1, Math.round((POINTS_OF_A_BATCH * sinceMs) / 1_000));
    return Array.from({ length: points }, (_, at) => tookMs + (sinceMs * (at + 0.5)) / points);
  });
}

function optionsOf(jars: string, scratch: string): string[] {
  const conf = {
    'spark.ui.enabled': 'false',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.local.dir': scratch,
    'spark.sql.shuffle.partitions': '4',
    'spark.sql.streaming.numRecentProgressUpdates': '10000',
    'spark.sql.streaming.stateStore.providerClass':
      'org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider',
  };
  return [
    ...['--master', 'local[2]', '--driver-memory', '4g', '--jars', `${jars}/*`],
    ...Object.entries(conf).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
    ...['-i', join(HERE, 'stream.scala')],
  ];
}

/** What the script says behind "PEER"; throws with its last lines if it says nothing. */
function saidBy(shell: string, options: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolvePromise, reject) => {
    const child = spawn(shell, options, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const lines: string[] = [];
    const read = (chunk: Buffer): void => void lines.push(...chunk.toString().split('\n'));
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    const limit = setTimeout(() => killGroup(child), LIMIT_MS);
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(limit);
      const said = lines.find((line) => line.startsWith('PEER '));
      if (said) resolvePromise(said.slice(5));
      else reject(new Error(`Spark said nothing; its last lines:\n${lines.slice(-25).join('\n')}`));
    });
  });
}

/** Fetched once; a folder that is there is whole. */
async function peerJars(folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  const staging = `${folder}.${process.pid}`;
  await mkdir(staging, { recursive: true });
  const goal = `org.apache.maven.plugins:maven-dependency-plugin:${mavenDependencyPlugin}:copy-dependencies`;
  const child = spawn(
    await findMaven(),
    ['-B', '-q', '-f', join(HERE, 'pom.xml'), goal, '-DincludeScope=runtime', `-DoutputDirectory=${staging}`],
    { stdio: 'inherit' },
  );
  const code = await new Promise((ended) => child.once('close', ended));
  if (code !== 0) throw new Error(`Maven could not fetch the jars of bench/speed/peer/pom.xml (exit ${String(code)})`);
  await rename(staging, folder);
  return folder;
}
