/**
 * What the supervisor asks of Spark: where it runs, with which classes and settings, and what one start of the query
 * reads.
 *
 * supervisor.ts makes the plan once; job.ts carries it out. Spark's own settings that are wrong for this query are not
 * the operator's to choose: minPartitions would give two tasks one partition, and a checkpoint that is kept would be a
 * second truth beside the progress rows.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { sparkSubmit } from '../../core/process/spark-home.ts';
import { streamingJars } from '../../core/stores/spark/streaming-jars.ts';
import { requireSpark } from '../../core/stores/spark/submit.ts';
import { EXECUTOR } from './bundle.ts';
import type { Next, SourceSettings } from './source.ts';
import { sourceOptions } from './source.ts';

export const TRIGGERS = ['microbatch', 'realtime'] as const;
export type TriggerName = (typeof TRIGGERS)[number];

/** How spark-submit is called. */
export interface SubmitPlan {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** An order to java/sightline/speed/Job.java. */
export interface StartOrder {
  readonly order: 'start';
  readonly run: number;
  /** Options of Spark's source for Kafka. */
  readonly source: Readonly<Record<string, string>>;
  /** Empty: micro-batches. */
  readonly realtimeInterval: string;
  /** How many tasks must run at once. */
  readonly slots: number;
  /** The process that decides, and what it reads first. */
  readonly program: readonly string[];
  readonly settings: unknown;
}

const SOURCES = fileURLToPath(new URL('java/sightline/speed/', import.meta.url));
/** Where spark-submit unpacks the archive, below the folder in which an executor runs. */
const UNPACKED = 'sightline';
/** Cells live for one round: a larger young generation lets them die before they are copied. */
const YOUNG_SPACE = '--max-semi-space-size=64';
/** Freshness dips when one batch of a real-time query ends and the next begins. */
const REALTIME_INTERVAL = '10 minutes';
/** So that a catch-up is many batches, and partitions that are done early wait for none. */
const MICROBATCH_RECORDS = '400000';
const LOCAL = /^local\[(\d+|\*)(?:,\d+)?\]$/;
const CLUSTER = /^(spark:\/\/.+|yarn)$/;
const ON_LOOPBACK = '127.0.0.1';
/** For the process that decides, beside the heap of its executor. */
const BESIDE_HEAP = '1536m';
/** What executors need of the configuration. */
const OF_EXECUTORS =
  /^(KAFKA_|HBASE_|ZOOKEEPER_|HADOOP_|SPEED_|EPOCH_SECONDS$|DEDUP_WINDOW_DAYS$|CLOCK_AHEAD_DAYS$|BROKER_AHEAD_SECONDS$|ARCHIVE_EVERY_SECONDS$|REBUILD_GENERATION$|LOG_LEVEL$)/;

/** `local[12]`: a slot for each partition, since tasks wait more than they work. */
export function masterFor(config: Pick<Config, 'SPARK_MASTER' | 'given'>, partitionCount: number): string {
  if (!config.given.has('SPARK_MASTER')) return `local[${partitionCount}]`;
  if (LOCAL.test(config.SPARK_MASTER) || CLUSTER.test(config.SPARK_MASTER)) return config.SPARK_MASTER;
  throw new Refusal(
    EXIT.usage,
    `SPARK_MASTER is ${config.SPARK_MASTER}; "speed --engine spark" takes local[N], spark://host:port and yarn, or ` +
      'nothing for a slot a partition on this machine.',
  );
}

export const isLocal = (master: string): boolean => LOCAL.test(master);

/** Nobody has compared what the engine writes into Cassandra with a worker's rows yet. */
export function checkStores({ STORES }: Pick<Config, 'STORES'>): void {
  if (STORES === 'hbase') return;
  throw new Refusal(
    EXIT.usage,
    `STORES is ${STORES}, and "speed --engine spark" counts into HBase only. Take workers: "sightline speed".`,
  );
}

/** The archive of a cluster has no Kerberos: its library reads a configuration and plug-ins of the machine. */
export function checkKerberos({ HADOOP_ACCESS }: Pick<Config, 'HADOOP_ACCESS'>, master: string): void {
  const { hbase, zookeeper } = HADOOP_ACCESS;
  if (isLocal(master) || (hbase.kerberos === null && zookeeper.kerberos === null)) return;
  throw new Refusal(
    EXIT.usage,
    `SPARK_MASTER is ${master}, and HBASE_AUTH or ZOOKEEPER_AUTH asks for Kerberos: executors of a cluster cannot ` +
      'sign in. Take SPARK_MASTER=local[N], or workers: "sightline speed".',
  );
}

/** Where the driver and the supervisor listen: executors of a cluster must reach both. */
export function driverHost({ SPARK_DRIVER_HOST }: Pick<Config, 'SPARK_DRIVER_HOST'>, master: string): string {
  if (isLocal(master)) return ON_LOOPBACK;
  if (SPARK_DRIVER_HOST !== undefined) return SPARK_DRIVER_HOST;
  throw new Refusal(
    EXIT.usage,
    `SPARK_MASTER is ${master}, and SPARK_DRIVER_HOST is not set: the name or address at which the executors reach ` +
      'this machine was expected.',
  );
}

/**
 * A real-time query needs a slot for each partition: Spark waits for ever for the ones that are missing. The slots of a
 * cluster are known to the driver alone (Job.java).
 */
export function checkSlots(master: string, trigger: TriggerName, partitionCount: number): void {
  const slots = LOCAL.exec(master)?.[1];
  if (trigger === 'microbatch' || slots === undefined || slots === '*' || Number(slots) >= partitionCount) return;
  throw new Refusal(
    EXIT.usage,
    `SPARK_MASTER is ${master}, and the topic has ${partitionCount} partitions: a real-time query needs a slot for ` +
      `each. Set SPARK_MASTER=local[${partitionCount}] or more, or use "--trigger microbatch".`,
  );
}

/**
 * What spark-submit runs in. On this machine Spark touches no HDFS and no YARN, so it gets no configuration of them:
 * with that of a cluster with Kerberos it would ask for tickets that nobody needs.
 */
export function submitEnvironment(
  { HADOOP_USER }: Pick<Config, 'HADOOP_USER'>,
  { program, isHere }: { program: string; isHere: boolean },
  given: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const { HADOOP_CONF_DIR, YARN_CONF_DIR, ...others } = given;
  const ofCluster = { ...(HADOOP_CONF_DIR && { HADOOP_CONF_DIR }), ...(YARN_CONF_DIR && { YARN_CONF_DIR }) };
  return {
    ...others,
    // The scripts of a Python environment look for Spark with the first python3 on the PATH, which must be their own.
    PATH: `${dirname(program)}:${given.PATH ?? ''}`,
    HADOOP_USER_NAME: HADOOP_USER,
    ...(isHere ? { SPARK_LOCAL_IP: ON_LOOPBACK } : ofCluster),
  };
}

/** `archive`: what executors of a cluster run (bundle.ts); null for this machine. */
export async function submitPlan(config: Config, master: string, archive: string | null): Promise<SubmitPlan> {
  const jars = await streamingJars(config, SOURCES);
  const host = driverHost(config, master);
  const settings = {
    'spark.ui.enabled': 'false',
    'spark.log.level': 'WARN',
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.streaming.noDataMicroBatches.enabled': 'false',
    'spark.sql.streaming.stopTimeout': '10s',
    'spark.driver.host': host,
    // Two tasks of one partition would take turns in failing each other.
    'spark.speculation': 'false',
    ...(archive === null
      ? { 'spark.driver.bindAddress': host }
      : { 'spark.dynamicAllocation.enabled': 'false', 'spark.executor.memoryOverhead': BESIDE_HEAP }),
  };
  const args = [
    ...['--master', master, '--name', 'sightline-speed', '--driver-memory', '1g'],
    ...['--class', 'sightline.speed.Job', '--jars', jars.connector.join(',')],
    ...(archive === null ? [] : ['--archives', `${archive}#${UNPACKED}`]),
    ...Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
    ...config.SPARK_SUBMIT_OPTIONS.split(/\s+/).filter(Boolean),
    jars.own,
  ];
  const program = sparkSubmit(config);
  await requireSpark(program);
  return { program, args, environment: submitEnvironment(config, { program, isHere: archive === null }, process.env) };
}

/** How an executor starts the process that decides. `folder`: where it lies on this machine (bundle.ts). */
export function executorProgram(master: string, folder: string): string[] {
  if (isLocal(master)) return [process.execPath, YOUNG_SPACE, join(folder, EXECUTOR)];
  // Executors start programs in the folder in which they run. The native client finds its libraries by this variable.
  const libraries = `LD_LIBRARY_PATH=${UNPACKED}/lib`;
  return ['/usr/bin/env', libraries, `${UNPACKED}/bin/node`, YOUNG_SPACE, `${UNPACKED}/${EXECUTOR}`];
}

export interface RunPlan {
  readonly run: number;
  readonly trigger: TriggerName;
  /** Of every partition of the topic. */
  readonly starts: readonly Next[];
  readonly program: readonly string[];
  readonly settings: unknown;
}

export function startOrder(config: SourceSettings, { run, trigger, starts, program, settings }: RunPlan): StartOrder {
  const isRealtime = trigger === 'realtime';
  const limit = isRealtime ? {} : { maxOffsetsPerTrigger: MICROBATCH_RECORDS };
  return {
    order: 'start',
    run,
    source: { ...sourceOptions(config, starts), ...limit },
    realtimeInterval: isRealtime ? REALTIME_INTERVAL : '',
    slots: isRealtime ? starts.length : 1,
    program,
    settings,
  };
}

/** The variables that were set, for processes on machines that do not have them. */
export function executorEnvironment(config: Config): Record<string, string> {
  const names = [...config.given].filter((name) => OF_EXECUTORS.test(name));
  const textOf = (name: string): string =>
    name === 'KAFKA_PROPERTIES'
      ? config.KAFKA_ACCESS.properties.map((pair) => pair.join('=')).join('\n')
      : String(config[name as keyof Config]);
  return Object.fromEntries(names.map((name) => [name, textOf(name)]));
}
