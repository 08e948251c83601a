/**
 * `sightline footage agent`: on a camera gateway, from the hand-over folder into HDFS.
 *
 * The order of effects: take (rename) → name by content → spool (rename) → Flume's channel → HDFS `_arriving`; after
 * that settle.ts goes on. A crash between any two repeats the last step and loses nothing. One agent a folder: the
 * second is refused, because two Flumes on one spool stop each other.
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
import type { Retryable } from '../core/process/errors.ts';
import { WORKER_RETRY, withRetry } from '../core/process/retry.ts';
import type { Say } from '../core/process/step-log.ts';
import { fileSystemOf } from '../core/stores/hdfs/name-node.ts';
import { fetchJars } from '../hadoop-compose/cluster/jars.ts';
import { endLeftBehind } from '../hadoop-compose/cluster/left-behind.ts';
import { holdLock } from '../core/process/lock.ts';
import { findJava } from '../hadoop-compose/cluster/tools.ts';
import { jarFolder, stackFrom } from '../hadoop-compose/stack/stack.ts';
import { foldersIn, makeFolders } from './folders.ts';
import type { Folders } from './folders.ts';
import { flumeProperties, hadoopSite } from './flume.ts';
import { startFlume } from './flume-process.ts';
import type { SupervisedProcess } from '../hadoop-compose/start/supervise.ts';
import type { Taken } from './handover.ts';
import { takeFiles } from './handover.ts';
import type { AgentMetrics } from './metrics.ts';
import { agentMetrics } from './metrics.ts';
import { keepReserve, LEAST_FREE_BYTES } from './reserve.ts';
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
export async function runAgent(config: Config, say: Say, { stop, hurry }: StopOrders): Promise<void> {
  const log = createLog('footage', config.LOG_LEVEL);
  const folders = foldersIn(config.FOOTAGE_FOLDER);
  makeFolders(folders);
  const release = await holdLock({ folder: folders.root }, 'sightline footage agent', stop, 0);
  const registry = createRegistry('footage-agent');
  const metrics = agentMetrics(registry);
  let flume: SupervisedProcess | null = null;
  const forget: (() => Promise<void> | void)[] = [];
  try {
    const address = { host: config.BIND, port: config.METRICS_PORT };
    const server = await serveMetrics(registry, address, () =>
      flume === null ? 'the agent is starting' : flume.pid() === undefined ? 'Flume does not run' : null,
    );
    forget.push(announceTarget(config, 'footage', server.port), () => server.close());
    await endLeftBehind({ folder: folders.root }, say, hurry);
    const stack = stackFrom();
    const java = await findJava();
    await fetchJars(stack, say, stop, ['flume']);
    const onRetry = (fault: Retryable): void => log.warn({ reason: fault.message }, 'HDFS is away; the agent waits');
    const fileSystem = await withRetry(WORKER_RETRY, () => fileSystemOf(config), { signal: stop, onRetry });
    const greatestBytes = config.FOOTAGE_GREATEST_MB * MB;
    writeConfiguration(folders, {
      'flume.properties': flumeProperties({
        folders,
        fileSystem,
        root: config.SIGHTLINE_ROOT,
        greatestBytes,
        sinks: SINKS,
      }),
      'hdfs-site.xml': hadoopSite(fileSystem),
    });
    flume = startFlume({
      java,
      jars: jarFolder(stack, 'flume'),
      folders,
      hadoopConf: config.HADOOP_CONF_DIR,
      greatestBytes,
      user: config.HADOOP_USER,
      onDeath(how, againInMs, lastLines) {
        metrics.countFlumeDeath();
        log.warn({ how, againInMs, lastLines }, 'Flume died; it is started again');
      },
    });
    const to = `${fileSystem.url}${config.SIGHTLINE_ROOT}`;
    log.info({ handover: folders.handover, to, metrics_port: server.port }, 'the agent takes footage');
    await takeUntilStopped({ folders, greatestBytes, log, metrics }, stop);
  } finally {
    for (const undo of forget) await undo();
    await flume?.stop(hurry);
    await release();
  }
}

interface Taking {
  readonly folders: Folders;
  readonly greatestBytes: number;
  readonly log: Log;
  readonly metrics: AgentMetrics;
}

async function takeUntilStopped({ folders, greatestBytes, log, metrics }: Taking, stop: AbortSignal): Promise<void> {
  const limits = { greatestBytes, spoolFiles: SPOOL_FILES, quiet: new Map(), onReject: metrics.countRejected };
  let total = NOTHING;
  let toldMs = Date.now();
  let countedMs = 0;
  while (!stop.aborted) {
    const taken = await takeFiles(folders, limits, stop);
    metrics.countTaken(taken);
    total = sum(total, taken);
    if (Date.now() - countedMs >= COUNT_EVERY_MS) {
      countedMs = Date.now();
      const waiting = waitingIn(folders);
      metrics.setWaiting('handover', waiting.handover);
      metrics.setWaiting('spool', waiting.spool);
      await keepRoom({ folders, greatestBytes, log, metrics });
    }
    if (Date.now() - toldMs >= TELL_EVERY_MS && total.passedOn + total.copies + total.rejected > 0) {
      log.info(total, 'footage taken');
      total = NOTHING;
      toldMs = Date.now();
    }
    if (taken.passedOn < MANY_FILES) await pause(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** The reserve holds the largest file, which Flume writes down before it leaves the spool. */
async function keepRoom({ folders, greatestBytes, log, metrics }: Taking): Promise<void> {
  const { change, free } = await keepReserve(join(folders.flume, 'reserve'), greatestBytes + LEAST_FREE_BYTES);
  metrics.setFree(free);
  const facts = { free_mb: Math.floor(free / MB), folder: folders.root };
  if (change === 'given up') log.warn(facts, 'the disk was nearly full; the agent has given up its reserve');
  if (change === 'kept') log.info(facts, 'the agent keeps a reserve for a full disk');
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
