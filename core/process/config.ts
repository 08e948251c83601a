/**
 * The configuration: environment variables, read once; all faults are reported together, by name.
 *
 * Mains read it and pass the parts on; nothing else reads process.env. Each default stands here with its reason. Any
 * variable may be given as NAME_FILE instead: the file holds the value (secrets).
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ACCESS_SETTINGS } from './access-settings.ts';
import { EXIT, Refusal } from './errors.ts';
import { STORE_SETTINGS } from './store-settings.ts';
import { FOOTAGE_ANALYSIS_SETTINGS } from './footage-settings.ts';
import type { KafkaAccess } from './kafka-access.ts';
import { kafkaAccess } from './kafka-access.ts';
import type { HadoopAccess } from './security-settings.ts';
import { LAKE_SETTINGS } from './lake-settings.ts';
import { hadoopAccess, SECURITY_SETTINGS, securityFaults } from './security-settings.ts';
import { bind, hostPorts, port, root, seconds, topic } from './setting-types.ts';

const HOME = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.sightline');

const Settings = z.object({
  /** Bootstrap servers. */
  KAFKA_BROKERS: hostPorts.default('127.0.0.1:9092'),
  KAFKA_TOPIC: topic.default('detections'),
  KAFKA_DEAD_LETTER_TOPIC: topic.optional(),
  KAFKA_GROUP: z.string().min(1).default('sightline.speed'),
  /** Asked for when the topic is created; afterwards the recorded count holds. */
  KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(1_024).default(12),
  KAFKA_REPLICATION: z.coerce.number().int().min(1).default(1),
  /** How long Kafka keeps records, by time only. A week lets the batch layer miss six nights. */
  KAFKA_RETENTION_HOURS: z.coerce.number().positive().default(168),
  /** How much of it a partition's segment holds before it is rolled, in megabytes; bounded disks want small ones. */
  KAFKA_SEGMENT_MB: z.coerce.number().int().min(1).default(512),
  /** Where "sightline kafka-exporter" shows its metrics: the port of the common exporter. */
  KAFKA_EXPORTER_PORT: port.default(9308),
  /** How long one look at the brokers may take: less than Prometheus waits for a scrape (10 s by default). */
  KAFKA_EXPORTER_SECONDS: z.coerce.number().positive().max(600).default(8),
  ...STORE_SETTINGS,
  HBASE_ZOOKEEPER: hostPorts.default('127.0.0.1:2181'),
  HBASE_ZNODE: z
    .string()
    .regex(/^(\/[^/\s]+)+$/, 'expected an absolute path without a slash at its end')
    .default('/hbase'),
  HBASE_NAMESPACE: z
    .string()
    .regex(/^[a-zA-Z0-9_]+$/)
    .default('sightline'),
  /** Regions that each of the three large tables is split into when it is created. */
  HBASE_REGIONS: z.coerce.number().int().min(1).max(256).default(4),
  /** A user name for HBase and HDFS (simple authentication). */
  HADOOP_USER: z.string().min(1).default('sightline'),
  SIGHTLINE_ROOT: root.default('/sightline'),
  ...LAKE_SETTINGS,
  EPOCH_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .refine((s) => 86_400 % s === 0, 'expected a divisor of 86,400')
    .default(86_400),
  DEDUP_WINDOW_DAYS: z.coerce.number().int().min(1).max(365).default(2),
  CLOCK_AHEAD_DAYS: z.coerce.number().int().min(1).max(30).default(1),
  /** How long a published epoch stays in the speed view, so that an answer begun before still finds it. */
  PRUNE_GRACE_SECONDS: seconds.default(600),
  /** How long a batch run waits for the speed layer to pass its cut before it calls the comparison unproven. */
  SPEED_WAIT_SECONDS: seconds.default(60),
  /** A generation that is being rebuilt, for the worker that counts it: "batch rebuild" sets it. */
  REBUILD_GENERATION: z.coerce.number().int().min(2).optional(),
  /**
   * How far a record's stamp may be ahead of a reader's clock before the reader waits
   * (docs/decisions/0005-topic.md#stamps). Clocks that somebody keeps agree within seconds.
   */
  BROKER_AHEAD_SECONDS: seconds.min(1).default(300),
  /** How often the scheduler archives what the log holds of an epoch that is longer than this. */
  ARCHIVE_EVERY_SECONDS: seconds.min(1).default(3_600),
  /**
   * Least time between the beginnings of two rounds of a speed worker: smaller is fresher, larger writes fewer cells
   * (docs/decisions/0003-hbase.md#cells-of-an-hour).
   */
  SPEED_LINGER_MS: z.coerce.number().int().min(0).max(10_000).default(100),
  /** Most records in a round; bounds memory, and how much is done again after a crash. */
  SPEED_ROUND_RECORDS: z.coerce.number().int().min(1).max(100_000).default(20_000),
  /**
   * Count cells that a speed worker keeps in memory (about 250 bytes each); rows that the last round used stay beyond
   * it (docs/decisions/0004-speed-layer.md#the-rows-of-the-last-round-stay-in-memory).
   */
  SPEED_CACHED_CELLS: z.coerce.number().int().min(1_000).default(1_000_000),
  ...ACCESS_SETTINGS,
  /** Questions that one caller may ask in a minute; 0: any number. A page that refreshes every second asks some 250. */
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).max(1_000_000).default(60_000),
  BIND: bind.default('127.0.0.1'),
  PORT: port.default(3000),
  /**
   * TLS in serving itself: a certificate with its chain, and its key, both PEM; read again when they change
   * (serving/server/tls.ts).
   */
  TLS_CERT_FILE: z.string().min(1).optional(),
  TLS_KEY_FILE: z.string().min(1).optional(),
  /**
   * How long serving keeps a resting connection: longer than any balancer does (600 s at most), or it uses one that is
   * just being closed.
   */
  KEEP_ALIVE_SECONDS: z.coerce.number().int().min(1).max(86_400).default(620),
  /** Most server-sent event streams that one serving process keeps open (a few KB each, and a file descriptor). */
  STREAM_CONNECTIONS: z.coerce.number().int().min(0).max(100_000).default(2_000),
  /**
   * How many of them one caller may hold (a known user, else a client's address): a tenth, so that nobody takes all.
   */
  STREAMS_PER_CALLER: z.coerce.number().int().min(1).max(100_000).default(200),
  /**
   * How often streams look at the speed layer's progress: half of it is what a poll adds to the time from commit to
   * event.
   */
  STREAM_POLL_MS: z.coerce.number().int().min(20).max(10_000).default(150),
  /** Memory for the counts of one serving process, in megabytes (docs/decisions/0010-answers.md#count-cache). */
  COUNT_CACHE_MB: z.coerce.number().int().min(0).max(65_536).default(256),
  /** How long one question may take. A page gives up after eight seconds, and should hear why. */
  QUESTION_SECONDS: z.coerce.number().int().min(1).max(600).default(7),
  /**
   * Most that one question may read of HBase, in megabytes; all together twice as much. A day of 100,000 items an hour
   * is some 100 (docs/decisions/0010-answers.md#what-a-question-may-cost).
   */
  QUESTION_MB: z.coerce.number().int().min(1).max(65_536).default(256),
  /** Reads of HBase that one serving process makes at once, and how many more wait their turn. */
  READS_AT_ONCE: z.coerce.number().int().min(1).max(1_024).default(32),
  READS_WAITING: z.coerce.number().int().min(0).max(100_000).default(512),
  /**
   * How long a look-up in a day of the lake may take, and how much that day may weigh, in megabytes: some 30 s at what
   * HDFS and DuckDB manage.
   */
  LOOKUP_SECONDS: z.coerce.number().int().min(1).max(3_600).default(30),
  LOOKUP_MB: z.coerce.number().int().min(1).max(1_048_576).default(2_048),
  /**
   * Days of the lake that are looked through at once (each takes a DuckDB of 256 MB at most and one file), and how many
   * more wait their turn.
   */
  LOOKUPS_AT_ONCE: z.coerce.number().int().min(1).max(64).default(2),
  LOOKUPS_WAITING: z.coerce.number().int().min(0).max(10_000).default(32),
  /**
   * Most exports that one serving process runs at once (each holds a DuckDB of 256 MB at most, and one file of the
   * lake).
   */
  EXPORTS_AT_ONCE: z.coerce.number().int().min(0).max(64).default(4),
  /** How many of them one caller may run: half, so that nobody takes all. */
  EXPORTS_PER_CALLER: z.coerce.number().int().min(1).max(64).default(2),
  /** Files of footage that one serving process sends at once, and how many more wait their turn. */
  FOOTAGE_READS_AT_ONCE: z.coerce.number().int().min(1).max(1_024).default(32),
  FOOTAGE_READS_WAITING: z.coerce.number().int().min(0).max(100_000).default(256),
  /** 0: any free port, and the process says which on standard error; serving then shows its metrics on PORT. */
  METRICS_PORT: port.default(0),
  /**
   * Where a process writes down for Prometheus where its metrics are, and under which name (metrics-target.ts);
   * "npm start" sets both.
   */
  METRICS_TARGETS: z.string().min(1).optional(),
  METRICS_NAME: z
    .string()
    .regex(/^[\w.-]+$/, 'expected letters (a-z, A-Z), digits and . _ -')
    .optional(),
  /**
   * How many items and how many places serving names in its metrics, the most counted ones of the last hour; the others
   * are one sum. Each is a series of Prometheus, so this bounds them whatever the data. 0 and 0: none, and no reads.
   */
  METRICS_TOP_ITEMS: z.coerce.number().int().min(0).max(1_000).default(10),
  METRICS_TOP_LOCATIONS: z.coerce.number().int().min(0).max(1_000).default(20),
  /** Where everything generated on this machine goes. */
  SIGHTLINE_HOME: z.string().min(1).default(HOME),
  /** Memory for DuckDB, in megabytes. */
  BATCH_MEMORY_MB: z.coerce.number().int().min(256).default(2_048),
  BATCH_THREADS: z.coerce.number().int().min(1).default(2),
  /** Where `--engine spark` submits: local[*], spark://host:7077, yarn. */
  SPARK_MASTER: z.string().min(1).default('local[*]'),
  /** A Spark that is there already; else the one of `sightline spark setup`. */
  SPARK_HOME: z.string().min(1).optional(),
  /** More options of spark-submit, e.g. `--executor-memory 8g --conf spark.executor.instances=20`. */
  SPARK_SUBMIT_OPTIONS: z.string().default(''),
  /** The name or address at which executors on other machines reach this one. */
  SPARK_DRIVER_HOST: z.string().min(1).optional(),
  /** The configuration of a cluster's HDFS and YARN, for Spark; without it the NameNode is asked for what is needed. */
  HADOOP_CONF_DIR: z.string().min(1).optional(),
  /** The file system as Spark names it, e.g. hdfs://cluster; by default what the NameNode calls itself. */
  HDFS_URL: z
    .string()
    .regex(/^\w+:\/\/[^\s/]*$/, 'expected scheme://authority without a path')
    .optional(),
  /** The folders of the agent that takes footage (footage/folders.ts), on a camera gateway's disk. */
  FOOTAGE_FOLDER: z.string().min(1).default(join(HOME, 'footage')),
  /** A larger file is rejected. Flume holds a file in memory whole, some four times. */
  FOOTAGE_GREATEST_MB: z.coerce.number().int().min(1).max(1_024).default(256),
  /** Older footage is removed by the settling service, whole days at a time; 0: never. */
  FOOTAGE_RETENTION_DAYS: z.coerce.number().int().min(0).max(36_500).default(7),
  ...FOOTAGE_ANALYSIS_SETTINGS,
  ...SECURITY_SETTINGS,
  /** The audit trail (audit.ts): a file, or - for standard error; without it `audit.log` in SIGHTLINE_HOME. */
  AUDIT_FILE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export type Config = Readonly<z.infer<typeof Settings>> & {
  readonly KAFKA_DEAD_LETTER_TOPIC: string;
  readonly AUDIT_FILE: string;
  readonly KAFKA_ACCESS: KafkaAccess;
  readonly HADOOP_ACCESS: HadoopAccess;
  /**
   * Names that the environment set itself; all else is a default, which gives way to what is recorded
   * (core/stores/control/recorded-rules.ts).
   */
  readonly given: ReadonlySet<string>;
};

/** Parses an environment. Throws a Refusal (usage) that names every variable at fault. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const faults: string[] = [];
  const given: Record<string, string> = {};
  const files = new Map<string, string>();
  for (const name of Object.keys(Settings.shape)) {
    const value = valueOf(environment, name, faults);
    if (value === undefined || value === '') continue;
    given[name] = value;
    const file = environment[`${name}_FILE`];
    if (file !== undefined) files.set(name, file);
  }
  const parsed = Settings.safeParse(given);
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  if (parsed.success)
    faults.push(
      ...securityFaults(parsed.data, {
        given: new Set(Object.keys(given)),
      }),
    );
  if (!parsed.success || faults.length > 0) {
    throw new Refusal(EXIT.usage, `The configuration has faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
  const { data } = parsed;
  return {
    ...data,
    // What names one address names the first.
    WEBHDFS_URL: data.WEBHDFS_URLS?.[0] ?? data.WEBHDFS_URL,
    KAFKA_DEAD_LETTER_TOPIC: data.KAFKA_DEAD_LETTER_TOPIC ?? `${data.KAFKA_TOPIC}.dlq`,
    AUDIT_FILE: data.AUDIT_FILE ?? join(data.SIGHTLINE_HOME, AUDIT_LOG),
    KAFKA_ACCESS: kafkaAccess(data),
    HADOOP_ACCESS: hadoopAccess(data, files),
    given: new Set(Object.keys(given)),
  };
}

const AUDIT_LOG = 'audit.log';

/** Where the audit trail of a command goes, whatever else is wrong with the environment. */
export function auditFileIn(environment: NodeJS.ProcessEnv): string {
  return environment.AUDIT_FILE || join(environment.SIGHTLINE_HOME || HOME, AUDIT_LOG);
}

function valueOf(environment: NodeJS.ProcessEnv, name: string, faults: string[]): string | undefined {
  const file = environment[`${name}_FILE`];
  if (file === undefined) return environment[name];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    faults.push(`${name}_FILE: ${file} cannot be read`);
    return undefined;
  }
}
