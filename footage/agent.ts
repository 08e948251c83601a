/**
 * `sightline footage agent`: on a camera gateway, from the hand-over folder into HDFS.
 *
 * The order of effects: take (rename) → name by content → spool (rename) → Flume's channel → HDFS `_arriving`; after
 * that settle.ts goes on. A crash between any two repeats the last step and loses nothing. On a full disk the agent
 * delivers in place of Flume (full-disk.ts), also when the disk is full as the agent starts: until there is room it
 * writes nothing there. One agent a folder: the second is refused, because two Flumes on one spool stop each other.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../core/process/config.ts';
import { createLog } from '../core/process/log.ts';
import type { Log } from '../core/process/log.ts';
import type { StopOrders } from '../core/process/life.ts';
import { announceTarget } from '../core/process/metrics-target.ts';
import { createRegistry, serveMetrics } from '../core/process/metrics.ts';
import { messageOf, Retryable } from '../core/process/errors.ts';
import { WORKER_RETRY, withRetry } from '../core/process/retry.ts';
import type { Say } from '../core/process/step-log.ts';
import { hdfs } from '../core/stores/hdfs/hdfs.ts';
import type { Hdfs } from '../core/stores/hdfs/types.ts';
import type { FileSystem } from '../core/stores/hdfs/file-system.ts';
import { fileSystemOf } from '../core/stores/hdfs/file-system.ts';
import { fetchJars } from '../hadoop-compose/cluster/jars.ts';
import { endLeftBehind } from '../hadoop-compose/cluster/left-behind.ts';
import { findJava } from '../hadoop-compose/cluster/tools.ts';
import { jarFolder, stackFrom } from '../hadoop-compose/stack/stack.ts';
import { foldersIn, makeFolders } from './folders.ts';
import type { Folders } from './folders.ts';
import { flumeProperties, hadoopSite } from './flume.ts';
import { startFlume } from './flume-process.ts';
import type { SupervisedProcess } from '../hadoop-compose/start/supervise.ts';
import type { Taken } from './handover.ts';
import { FLUME_BYTES, takeFiles } from './handover.ts';
import type { AgentMetrics } from './metrics.ts';
import { agentMetrics } from './metrics.ts';
import { deliverFolder, freeBytes, LEAST_FREE_BYTES, ROOM_BYTES } from './full-disk.ts';
import { shortHadoopDefaults } from './hadoop-defaults.ts';
import { holdFolder } from './hold-folder.ts';
import { waitingIn } from './waiting.ts';

/** How many files may wait for Flume; more wait in the hand-over, where their camera sees them. */
const SPOOL_FILES = 500;
const SINKS = 2;
const LOOK_EVERY_MS = 200;
/** After so many files in one look the next look follows at once. */
const MANY_FILES = 20;
const COUNT_EVERY_MS = 5_000;
const TELL_EVERY_MS = 10_000;
const MB = 1 << 20;

/** Runs until it is told to stop. */
export async function runAgent(config: Config, say: Say, orders: StopOrders): Promise<void> {
  const { stop, hurry } = orders;
  const log = createLog('footage', config.LOG_LEVEL);
  const folders = foldersIn(config.FOOTAGE_FOLDER);
  makeFolders(folders);
  const greatestBytes = config.FOOTAGE_GREATEST_MB * MB;
  const files = hdfs(config);
  const onRetry = (fault: Retryable): void => log.warn({ reason: fault.message }, 'HDFS is away; the agent waits');
  const release = await holdFolder({ folders, greatestBytes, hdfs: files, onRetry }, say, orders);
  const registry = createRegistry('footage-agent');
  const metrics = agentMetrics(registry);
  let flume: Flume | null = null;
  const forget: (() => Promise<void> | void)[] = [];
  try {
    const address = { host: config.BIND, port: config.METRICS_PORT };
    const server = await serveMetrics(registry, address, () => whyNotReady(flume));
    forget.push(announceTarget(config, 'footage', server.port), () => server.close());
    await endLeftBehind({ folder: folders.root }, say, hurry);
    const stack = stackFrom();
    const java = await findJava();
    await fetchJars(stack, say, stop, ['flume']);
    const fileSystem = await withRetry(WORKER_RETRY, () => fileSystemOf(config), { signal: stop, onRetry });
    const jars = jarFolder(stack, 'flume');
    const defaults = await shortHadoopDefaults(java, jars).catch((fault: unknown) => {
      log.warn({ reason: messageOf(fault) }, 'Flume reads the defaults of Hadoop at length with each file');
      return {};
    });
    flume = flumeOf(config, { folders, fileSystem, defaults, java, jars, metrics, log });
    const to = `${fileSystem.url}${config.SIGHTLINE_ROOT}`;
    log.info({ handover: folders.handover, to, metrics_port: server.port }, 'the agent takes footage');
    const taking: Taking = { folders, greatestBytes, log, metrics, flume, hdfs: files };
    await startUnlessFull(taking);
    await takeUntilStopped(taking, stop);
  } finally {
    for (const undo of forget) await undo();
    await flume?.stop(hurry);
    await release();
  }
}

interface FlumeParts {
  readonly folders: Folders;
  readonly fileSystem: FileSystem;
  /** Files of Hadoop's settings by name. */
  readonly defaults: Readonly<Record<string, string>>;
  readonly java: string;
  /** A folder. */
  readonly jars: string;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

/** Its configuration is written when it starts: the disk has room then. */
function flumeOf(config: Config, parts: FlumeParts): Flume {
  const { folders, fileSystem, defaults, java, jars, metrics, log } = parts;
  const greatestBytes = Math.min(config.FOOTAGE_GREATEST_MB * MB, FLUME_BYTES);
  const plan = { folders, fileSystem, root: config.SIGHTLINE_ROOT, greatestBytes, sinks: SINKS };
  return restartable(() => {
    writeConfiguration(folders, {
      ...defaults,
      'flume.properties': flumeProperties(plan),
      'hdfs-site.xml': hadoopSite(fileSystem),
    });
    return startFlume({
      ...{ java, jars, folders, greatestBytes, hadoopConf: config.HADOOP_CONF_DIR, user: config.HADOOP_USER },
      onDeath(how, againInMs, lastLines) {
        metrics.countFlumeDeath();
        log.warn({ how, againInMs, lastLines }, 'Flume died; it is started again');
      },
    });
  });
}

function whyNotReady(flume: Flume | null): string | null {
  if (flume === null) return 'the agent is starting';
  if (!flume.isRunning()) return 'the disk is full; the agent delivers in place of Flume';
  return flume.pid() === undefined ? 'Flume does not run' : null;
}

interface Taking {
  readonly folders: Folders;
  readonly greatestBytes: number;
  readonly log: Log;
  readonly metrics: AgentMetrics;
  readonly hdfs: Hdfs;
  readonly flume: Flume;
}

/** Started and stopped more than once. */
interface Flume {
  isRunning(): boolean;
  start(): void;
  stop(hurry?: AbortSignal): Promise<void>;
  pid(): number | undefined;
}

function restartable(startOne: () => SupervisedProcess): Flume {
  let running: SupervisedProcess | null = null;
  return {
    isRunning: () => running !== null,
    start: () => void (running = startOne()),
    pid: () => running?.pid(),
    async stop(hurry) {
      const one = running;
      running = null;
      await one?.stop(hurry);
    },
  };
}

async function takeUntilStopped(taking: Taking, stop: AbortSignal): Promise<void> {
  const { folders, greatestBytes, log, metrics, flume } = taking;
  const limits = { greatestBytes, spoolFiles: SPOOL_FILES, quiet: new Map(), onReject: metrics.countRejected };
  let total = NOTHING;
  let toldMs = Date.now();
  let countedMs = 0;
  while (!stop.aborted) {
    const taken = await takeFiles(folders, limits, stop);
    metrics.countTaken(taken);
    total = sum(total, taken);
    await deliver(taking, folders.large, stop);
    if (!flume.isRunning() || Date.now() - countedMs >= COUNT_EVERY_MS) await relieveDisk(taking, stop);
    if (Date.now() - countedMs >= COUNT_EVERY_MS) {
      countedMs = Date.now();
      const waiting = waitingIn(folders);
      metrics.setWaiting('handover', waiting.handover);
      metrics.setWaiting('spool', waiting.spool);
    }
    if (Date.now() - toldMs >= TELL_EVERY_MS && total.passedOn + total.copies + total.rejected > 0) {
      log.info(total, 'footage taken');
      total = NOTHING;
      toldMs = Date.now();
    }
    if (taken.passedOn < MANY_FILES) await pause(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Delivers a folder in place of Flume; while HDFS is away the files stay. */
async function deliver({ log, hdfs: files }: Taking, folder: string, stop: AbortSignal): Promise<void> {
  try {
    const delivered = await deliverFolder(files, folder, stop);
    if (delivered > 0) log.info({ delivered, from: folder }, 'footage delivered by the agent');
  } catch (fault) {
    if (!(fault instanceof Retryable)) throw fault;
    log.warn({ reason: fault.message }, 'HDFS is away; the agent delivers later');
    await pause(COUNT_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function startUnlessFull({ folders, log, flume }: Taking): Promise<void> {
  const free = await freeBytes(folders);
  if (free < LEAST_FREE_BYTES) warnOfFullDisk(log, folders, free);
  else flume.start();
}

function warnOfFullDisk(log: Log, { root: folder }: Folders, free: number): void {
  const facts = { free_mb: Math.floor(free / MB), folder };
  log.warn(facts, 'the disk is full; the agent delivers in place of Flume until there is room');
}

/** While the disk is full the agent delivers in place of Flume, look by look. */
async function relieveDisk(taking: Taking, stop: AbortSignal): Promise<void> {
  const { folders, log, metrics, flume } = taking;
  const free = await freeBytes(folders);
  metrics.setFree(free);
  if (flume.isRunning() && free < LEAST_FREE_BYTES) {
    warnOfFullDisk(log, folders, free);
    await flume.stop();
  }
  if (flume.isRunning()) return;
  await deliver(taking, folders.spool, stop);
  const freed = await freeBytes(folders);
  if (stop.aborted || freed < ROOM_BYTES) return;
  flume.start();
  log.info({ free_mb: Math.floor(freed / MB), folder: folders.root }, 'the disk has room; Flume delivers again');
}

const NOTHING: Taken = { passedOn: 0, bytes: 0, copies: 0, rejected: 0 };

const sum = (a: Taken, b: Taken): Taken => ({
  passedOn: a.passedOn + b.passedOn,
  bytes: a.bytes + b.bytes,
  copies: a.copies + b.copies,
  rejected: a.rejected + b.rejected,
});

function writeConfiguration(folders: Folders, files: Readonly<Record<string, string>>): void {
  const conf = join(folders.flume, 'conf');
  mkdirSync(conf, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(conf, name), text);
}
