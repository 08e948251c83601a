/**
 * What the supervisor asks of Spark: where it runs, with which classes and settings, and what one start of the query
 * reads.
 *
 * supervisor.ts makes the plan once; job.ts carries it out. Spark's own settings that are wrong for this query are not
 * the operator's to choose: minPartitions would give two tasks one partition, and a checkpoint that is kept would be a
 * second truth beside the progress rows.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { sparkSubmit } from '../../core/process/spark-home.ts';
import { streamingJars } from '../../core/stores/spark/streaming-jars.ts';
import { requireSpark } from '../../core/stores/spark/submit.ts';

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
  /** The process that decides, and what it reads first. */
  readonly program: readonly string[];
  readonly settings: unknown;
}

const SOURCES = fileURLToPath(new URL('java/sightline/speed/', import.meta.url));
const EXECUTOR = fileURLToPath(new URL('executor-main.ts', import.meta.url));
/** Cells live for one round: a larger young generation lets them die before they are copied. */
const YOUNG_SPACE = '--max-semi-space-size=64';
/** Freshness dips when one batch of a real-time query ends and the next begins. */
const REALTIME_INTERVAL = '10 minutes';
/** So that a catch-up is many batches, and partitions that are done early wait for none. */
const MICROBATCH_RECORDS = '400000';
const LOCAL = /^local\[(\d+|\*)(?:,\d+)?\]$/;
/** What executors need of the configuration. */
const OF_EXECUTORS =
  /^(KAFKA_|HBASE_|SPEED_|HADOOP_USER$|EPOCH_SECONDS$|DEDUP_WINDOW_DAYS$|CLOCK_AHEAD_DAYS$|BROKER_AHEAD_SECONDS$|ARCHIVE_EVERY_SECONDS$|REBUILD_GENERATION$|LOG_LEVEL$)/;

/** `local[12]`: a slot for each partition, since tasks wait more than they work. */
export function masterFor(config: Pick<Config, 'SPARK_MASTER' | 'given'>, partitionCount: number): string {
  if (!config.given.has('SPARK_MASTER')) return `local[${partitionCount}]`;
  if (LOCAL.test(config.SPARK_MASTER)) return config.SPARK_MASTER;
  throw new Refusal(
    EXIT.usage,
    `SPARK_MASTER is ${config.SPARK_MASTER}; "speed --engine spark" runs on this machine only: local[N], or nothing ` +
      'for a slot a partition.',
  );
}

/** A real-time query needs a slot for each partition: Spark waits for ever for the ones that are missing. */
export function checkSlots(master: string, trigger: TriggerName, partitionCount: number): void {
  const slots = LOCAL.exec(master)?.[1];
  if (trigger === 'microbatch' || slots === undefined || slots === '*' || Number(slots) >= partitionCount) return;
  throw new Refusal(
    EXIT.usage,
    `SPARK_MASTER is ${master}, and the topic has ${partitionCount} partitions: a real-time query needs a slot for ` +
      `each. Set SPARK_MASTER=local[${partitionCount}] or more, or use "--trigger microbatch".`,
  );
}

export async function submitPlan(config: Config, master: string): Promise<SubmitPlan> {
  const jars = await streamingJars(config, SOURCES);
  const settings = {
    'spark.ui.enabled': 'false',
    'spark.log.level': 'WARN',
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.streaming.noDataMicroBatches.enabled': 'false',
    'spark.sql.streaming.stopTimeout': '10s',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
  };
  const args = [
    ...['--master', master, '--name', 'sightline-speed', '--driver-memory', '1g'],
    ...['--class', 'sightline.speed.Job', '--jars', jars.connector.join(',')],
    ...Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
    ...config.SPARK_SUBMIT_OPTIONS.split(/\s+/).filter(Boolean),
    jars.own,
  ];
  const program = sparkSubmit(config);
  await requireSpark(program);
  const environment = {
    ...process.env,
    // The scripts of a Python environment look for Spark with the first python3 on the PATH, which must be their own.
    PATH: `${dirname(program)}:${process.env.PATH ?? ''}`,
    HADOOP_USER_NAME: config.HADOOP_USER,
    SPARK_LOCAL_IP: '127.0.0.1',
  };
  return { program, args, environment };
}

export interface RunPlan {
  readonly run: number;
  readonly trigger: TriggerName;
  /** Of every partition of the topic. */
  readonly starts: readonly { readonly partition: number; readonly offset: number }[];
  readonly settings: unknown;
}

export function startOrder(
  config: Pick<Config, 'KAFKA_BROKERS' | 'KAFKA_TOPIC'>,
  { run, trigger, starts, settings }: RunPlan,
): StartOrder {
  const { KAFKA_BROKERS, KAFKA_TOPIC: topic } = config;
  const offsets = Object.fromEntries(starts.map(({ partition, offset }) => [partition, offset]));
  const isRealtime = trigger === 'realtime';
  return {
    order: 'start',
    run,
    source: {
      'kafka.bootstrap.servers': KAFKA_BROKERS,
      'kafka.isolation.level': 'read_committed',
      subscribe: topic,
      includeHeaders: 'true',
      startingOffsets: JSON.stringify({ [topic]: offsets }),
      // A reset would be a silent gap.
      failOnDataLoss: 'true',
      ...(isRealtime ? {} : { maxOffsetsPerTrigger: MICROBATCH_RECORDS }),
    },
    realtimeInterval: isRealtime ? REALTIME_INTERVAL : '',
    program: [process.execPath, YOUNG_SPACE, '--import', import.meta.resolve('tsx'), EXECUTOR],
    settings,
  };
}

/** The variables that were set, for processes on machines that do not have them. */
export function executorEnvironment(config: Config): Record<string, string> {
  const names = [...config.given].filter((name) => OF_EXECUTORS.test(name));
  return Object.fromEntries(names.map((name) => [name, String(config[name as keyof Config])]));
}
