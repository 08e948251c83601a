/**
 * A real Prometheus and Alertmanager beside the stack of this machine, with the Kafka exporter and ZooKeeper's numbers
 * in this very process.
 *
 * `npm start -- --observe` runs it as a part, `sightline observe` by hand. Both programs are started, watched and
 * stopped as parts of it (start/part.ts); they carry its mark in their first argument, so what a kill leaves behind is
 * ended by the next start. Targets are files in one folder: the daemons' are written here, the layers write their own
 * (core/process/metrics-target.ts), and files of processes that are gone are removed first.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../core/process/config.ts';
import type { Log } from '../../core/process/log.ts';
import type { Say } from '../../core/process/step-log.ts';
import type { MetricsServer } from '../../core/process/metrics.ts';
import type { Target } from '../../core/process/metrics-target.ts';
import { hostPort } from '../../core/process/host-port.ts';
import { createRegistry, serveMetrics } from '../../core/process/metrics.ts';
import { writeTargets } from '../../core/process/metrics-target.ts';
import { kafkaCluster } from '../../core/stores/kafka/cluster-facts.ts';
import { ALL_SHOWN, loggedFault } from '../../observe/exporter/filters.ts';
import { kafkaExporter } from '../../observe/exporter/kafka-exporter.ts';
import { zookeeperMetrics } from '../../observe/exporter/zookeeper.ts';
import { endLeftBehind, markOfPart } from '../cluster/left-behind.ts';
import { refuseTakenPorts } from '../cluster/taken-ports.ts';
import type { Observers } from '../cluster/observers.ts';
import { OBSERVE_PORTS } from '../cluster/observers.ts';
import { ClusterError } from '../stack/errors.ts';
import { loopback } from '../stack/ports.ts';
import { dataFolder, targetsFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import type { Part } from '../start/part.ts';
import { startPart } from '../start/part.ts';
import { alertmanagerArgs, daemonTargets, prometheusArgs, prometheusFile, prometheusYaml } from './conf.ts';
import { argsOf } from '../../core/process/process-table.ts';

const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;

export interface Observing {
  readonly prometheus: string;
  readonly alertmanager: string;
  stop(hurry?: AbortSignal): Promise<void>;
}

export interface ObservePlan {
  readonly stack: Stack;
  readonly config: Config;
  readonly observers: Observers;
  readonly say: Say;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Resolves when both are ready; stops what it has started if they do not become so. */
export async function observe(plan: ObservePlan): Promise<Observing> {
  const { stack, say, signal } = plan;
  await endLeftBehind(stack, say);
  await refuseTakenPorts(stack, OBSERVE_PORTS);
  const servers: MetricsServer[] = [];
  const parts: Part[] = [];
  const stop = async (hurry?: AbortSignal): Promise<void> => {
    await Promise.all(parts.map((part) => part.stop(hurry)));
    await Promise.all(servers.map((server) => server.close()));
    rmSync(join(targetsFolder(stack), 'daemons.json'), { force: true });
  };
  try {
    const zookeeper = await serveExporters(plan, servers);
    forgetGone(targetsFolder(stack));
    writeTargets(targetsFolder(stack), 'daemons', daemonTargets(stack, zookeeper));
    parts.push(...startObservers(plan));
    const [prometheus, alertmanager] = [address(stack.ports.prometheus), address(stack.ports.alertmanager)];
    await Promise.all([prometheus, alertmanager].map((url) => becomeReady(`${url}/-/ready`, signal)));
    return { prometheus, alertmanager, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

const address = (port: number): string => `http://${hostPort(loopback, port)}`;

/** Returns the port of ZooKeeper's numbers. */
async function serveExporters({ stack, config, log }: ObservePlan, servers: MetricsServer[]): Promise<number> {
  const exporter = kafkaExporter(kafkaCluster(config), createRegistry('observe'), {
    ...ALL_SHOWN,
    limitMs: config.KAFKA_EXPORTER_SECONDS * 1_000,
    now: Date.now,
    onFault: loggedFault(log),
  });
  const { kafkaExporter: port, zookeeper } = stack.ports;
  servers.push(await serveMetrics(exporter, { host: loopback, port, variable: 'SIGHTLINE_KAFKA_EXPORTER_PORT' }));
  const server = await serveMetrics(zookeeperMetrics(hostPort(loopback, zookeeper)), { host: loopback, port: 0 });
  servers.push(server);
  return server.port;
}

function startObservers({ stack, observers, say }: ObservePlan): Part[] {
  writeConf(prometheusFile(stack), prometheusYaml(stack, observers.scrapeSeconds, observers.rules));
  const part = (name: 'prometheus' | 'alertmanager', args: readonly string[]): Part => {
    mkdirSync(dataFolder(stack, name), { recursive: true, mode: 0o700 });
    return startPart(
      observers[name],
      {
        name,
        args,
        environment: process.env,
        logFile: `${stack.folder}/logs/${name}.log`,
        stopLimitMs: STOP_LIMIT_MS,
        foreignMark: `--part-of=${markOfPart(stack, name)}`,
      },
      {
        onDeath: (_, how, againInMs, lastLines) =>
          say('observe', `${name} died (${how}) and is started again in ${againInMs / 1_000} s\n${lastLines}`),
        onRefusal: (_, lastLines) => say('observe', `${name} refuses to run:\n${lastLines}`),
      },
    );
  };
  return [
    part('alertmanager', alertmanagerArgs(stack, observers.alertmanagerConfig)),
    part('prometheus', prometheusArgs(stack)),
  ];
}

function writeConf(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Removes what processes that are gone could not remove themselves. */
export function forgetGone(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) {
    if (!isOfRunning(join(folder, file))) rmSync(join(folder, file), { force: true });
  }
}

function isOfRunning(file: string): boolean {
  try {
    const [target] = JSON.parse(readFileSync(file, 'utf8')) as Target[];
    return argsOf(Number(target?.labels.__pid__)).length > 0;
  } catch {
    return false;
  }
}

async function becomeReady(url: string, signal: AbortSignal): Promise<void> {
  for (const deadlineMs = Date.now() + READY_LIMIT_MS; Date.now() < deadlineMs;) {
    signal.throwIfAborted();
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) }).catch(() => null);
    if (response?.ok) return;
    await pause(200, undefined, { signal });
  }
  throw new ClusterError(`${url} did not answer within ${READY_LIMIT_MS / 1_000} s; its log is in the stack's logs`);
}
