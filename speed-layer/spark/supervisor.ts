/**
 * The engine on Spark: `sightline speed --engine spark`.
 *
 * Spark reads the log, places and repeats tasks, and holds back what is too fast; a process in each executor decides
 * and writes with the code of a worker (executor.ts). This process starts and watches them. The truth is in the
 * progress rows: this process gives the query its offsets from them (query.ts), follows them with the group's offsets
 * (group.ts), passes what Kafka does not deliver (markers.ts), and watches the log as a worker does (watch.ts). It
 * serves /readyz and the metrics of a worker, with what the executors report; it is ready while records are decided
 * (deciding.ts).
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { stopSignal } from '../../core/process/life.ts';
import { createLog } from '../../core/process/log.ts';
import type { Log } from '../../core/process/log.ts';
import type { Progress } from '../../core/stores/control/progress-rows.ts';
import type { LogEnds } from '../../core/stores/kafka/types.ts';
import { logReader } from '../../core/stores/kafka/reader.ts';
import type { Stores } from '../../core/stores/open.ts';
import { openStores } from '../../core/stores/open.ts';
import type { Worker } from '../layer.ts';
import { HBASE_DEADLINES, openWorker, paceOf, watchOf } from '../layer.ts';
import { showMetrics } from '../main.ts';
import { openParts } from '../open-parts.ts';
import { partitionHooks, startsOf } from '../partitions.ts';
import { watchBeside } from '../worker.ts';
import { ENTRY, executorArchive, executorFolder } from './bundle.ts';
import type { ExecutorSettings } from './executor.ts';
import type { Deciding } from './deciding.ts';
import { decidingOf } from './deciding.ts';
import type { SoleMember } from './group.ts';
import { enterGroup, untilEmpty } from './group.ts';
import { startJob } from './job.ts';
import { passMarkers } from './markers.ts';
import type { MergedMetrics } from './merged-metrics.ts';
import { mergedMetrics } from './merged-metrics.ts';
import type { TriggerName } from './plan.ts';
import {
  checkKerberos,
  checkSlots,
  checkStores,
  driverHost,
  executorEnvironment,
  executorProgram,
  isLocal,
  masterFor,
  startOrder,
  submitPlan,
} from './plan.ts';
import type { Query } from './query.ts';
import { runningQuery } from './query.ts';
import type { Report } from './reports.ts';
import { receiveReports } from './reports.ts';
import { checkKafka } from './source.ts';
import { waitsOver } from './waits.ts';

const LOOK_EVERY_MS = 500;
/** Asking for the ends is a question to the brokers. */
const ENDS_EVERY_LOOKS = 4;

/** `entry`: what executors run; tests give a program that dies. */
export async function runSparkEngine(config: Config, trigger: TriggerName, entry = ENTRY): Promise<void> {
  const signal = stopSignal();
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const log = createLog('speed', config.LOG_LEVEL);
  const parts = openParts(log);
  try {
    const worker = openWorker(config, log, parts, either);
    const merged = mergedMetrics(worker.registry);
    worker.readiness.add(() => merged.latest().find(({ waitsFor }) => waitsFor !== null)?.waitsFor ?? null);
    await showMetrics(config, { ...worker, registry: merged });
    const engine = await openEngine(config, { worker, merged, trigger, entry, signal: either });
    const watching = watchBeside(engine.watch, paceOf(config).watchEveryMs, failure);
    parts.add({ close: async () => watching.stop() });
    while (!either.aborted) {
      await engine.look();
      await sleep(LOOK_EVERY_MS, undefined, { signal: either });
    }
    failure.signal.throwIfAborted();
  } catch (thrown) {
    if (!signal.aborted) throw failure.signal.aborted ? failure.signal.reason : thrown;
  } finally {
    await parts.closeAll();
    log.info('stopped');
  }
}

interface Engine {
  look(): Promise<void>;
  watch(): Promise<void>;
}

interface EngineParts {
  readonly worker: Worker;
  readonly merged: MergedMetrics;
  readonly trigger: TriggerName;
  readonly entry: string;
  readonly signal: AbortSignal;
}

async function openEngine(config: Config, engine: EngineParts): Promise<Engine> {
  const { worker, merged, trigger, entry, signal } = engine;
  const { log, parts, holdings, readiness, persist } = worker;
  checkStores(config);
  checkKafka(config);
  const stores = parts.add(await persist(() => openStores(config, { ...HBASE_DEADLINES, checksRowLife: true })));
  const { rules, admin, control } = stores;
  const master = masterFor(config, await partitionCountOf(worker, stores));
  checkKerberos(config, master);
  const folder = await executorFolder(config, entry);
  const plan = await submitPlan(config, master, isLocal(master) ? null : await executorArchive(folder));
  const watch = watchOf(config, worker, stores, holdings.progress);
  readiness.add(watch.waitingFor);
  await persist(watch.look);

  const { certainty } = stores.store;
  const ports = { topic: config.KAFKA_TOPIC, rules, control, admin, persist, certainty };
  readiness.begin(`group ${config.KAFKA_GROUP} has other members`);
  await persist(() => untilEmpty(config, { signal }));
  const hooks = partitionHooks(ports, holdings);
  const member = await persist(() => enterGroup(config, hooks, (fault) => log.debug(fault)));
  // Closed after the query: the group's offsets follow its last rounds too, unless HBase is away.
  const lastProgress = (): Promise<Progress[]> => readProgress(stores, holdings.progress.size).catch(() => []);
  parts.add({ close: async () => member.close(nextOf(await lastProgress())) });

  const token = randomBytes(24).toString('base64url');
  const reports = parts.add(await receiveReports({ host: driverHost(config, master), token }, merged.take));
  const settings: ExecutorSettings = {
    environment: executorEnvironment(config),
    reports: { url: reports.url, token },
    isAlone: isLocal(master),
  };
  let startedWith = 0;
  const deciding = decidingOf(Date.now);
  const query = parts.add(
    runningQuery({
      openJob: () => startJob(plan, executorLog(log)),
      async order(run) {
        const count = await partitionCountOf(worker, stores);
        checkSlots(master, trigger, count);
        startedWith = count;
        const starts = nextOf(await startsOf(ports, partitionsUpTo(count)));
        deciding.begin();
        log.info({ run, starts }, 'the query starts');
        return startOrder(config, { run, trigger, starts, program: executorProgram(master, folder), settings });
      },
      log,
      now: Date.now,
    }),
  );
  readiness.add(query.waitingFor);
  readiness.begin('the group has given no partition yet');
  readiness.add(deciding.waitingFor);
  const look = looking(config, { worker, merged, stores, member, query, deciding, startedWith: () => startedWith });
  return { look, watch: watch.look };
}

interface Looking {
  readonly worker: Worker;
  readonly merged: MergedMetrics;
  readonly stores: Stores;
  readonly member: SoleMember;
  readonly query: Query;
  readonly deciding: Deciding;
  /** With how many partitions the query was started. */
  readonly startedWith: () => number;
}

/** One look at everything that moves. */
function looking(config: Config, looked: Looking): () => Promise<void> {
  const { worker, merged, stores, member, query, deciding, startedWith } = looked;
  const { holdings, metrics, parts, persist } = worker;
  const { rules, admin, control } = stores;
  const reader = parts.add(logReader(config, config.KAFKA_GROUP));
  const pass = passMarkers({ generation: rules.generation, reader, control });
  let ends: readonly LogEnds[] = [];
  let looks = 0;
  metrics.measureLag(() => new Map(ends.map(({ partition, high }) => [partition, high])));
  const take = (rows: readonly Progress[]): void => rows.forEach((row) => holdings.progress.set(row.partition, row));
  const isOver = waitsOver(Date.now);
  const mustRestart = (run: number): string | null =>
    isOver(run, merged.latest()) ??
    (startedWith() === ends.length ? null : `the topic has ${ends.length} partitions now`);
  const tellNew = newProcesses(worker.log);
  return async () => {
    const isFull = looks++ % ENDS_EVERY_LOOKS === 0;
    if (isFull) ends = await persist(() => admin.ends());
    take(await persist(() => readProgress(stores, ends.length)));
    const all = [...holdings.progress.values()];
    deciding.look(all, ends);
    if (isFull) {
      const passed = await persist(() => pass(all, ends));
      take(passed);
      deciding.pass(passed);
    }
    await persist(() => member.look(nextOf(all), ends.length));
    tellNew(merged.latest());
    await query.look(mustRestart);
  };
}

/** Says once of each process that decides where it runs and where its log is. */
function newProcesses(log: Log): (reports: readonly Report[]) => void {
  const known = new Set<string>();
  return (reports) => {
    for (const { name, host, pid, logFile } of reports) {
      if (known.has(name)) continue;
      known.add(name);
      log.info({ host, decider: pid, logFile: logFile ?? 'this one' }, 'a process decides');
    }
  };
}

async function readProgress({ control, rules }: Pick<Stores, 'control' | 'rules'>, count: number): Promise<Progress[]> {
  const rows = await control.progress(rules.generation, partitionsUpTo(count));
  return rows.filter((row) => row !== null);
}

const nextOf = (all: readonly Progress[]): { partition: number; offset: number }[] =>
  all.map(({ partition, nextOffset }) => ({ partition, offset: nextOffset }));

async function partitionCountOf(
  { persist }: Pick<Worker, 'persist'>,
  { admin }: Pick<Stores, 'admin'>,
): Promise<number> {
  const { length } = await persist(() => admin.ends());
  if (length > 0) return length;
  throw new Refusal(EXIT.data_check_failed, 'The topic has no partition. Create it with "sightline prepare".');
}

const partitionsUpTo = (count: number): number[] => Array.from({ length: count }, (_, partition) => partition);

/** Lines of our own processes are JSON already, and stand in the log as they are. */
function executorLog(log: Log): (line: string) => void {
  return (line) => {
    if (line.startsWith('{')) process.stderr.write(`${line}\n`);
    else log.info({ spark: line }, 'Spark says');
  };
}
