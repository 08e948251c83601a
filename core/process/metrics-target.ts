/**
 * How a process lets Prometheus find it: a file for its file-based discovery, there from when the process listens until
 * it ends in order.
 *
 * The mains of the layers and of the Kafka exporter call it with the port that they got, so no port has to be fixed.
 * `npm start` names its parts, so that a part that died and is started again is the same target at another port, and
 * its death shows meanwhile. The pid tells `sightline observe` which files were left by processes that are gone.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { hostPort, reachable } from './host-port.ts';

export type TargetSettings = Pick<Config, 'BIND' | 'METRICS_TARGETS' | 'METRICS_NAME'>;

export interface Target {
  readonly targets: readonly [string];
  readonly labels: Readonly<Record<string, string>>;
}

/** Writes the file, if there is a folder for it; returns what removes it. `job`: what kind of process it is. */
export function announceTarget(
  { BIND, METRICS_TARGETS: folder, METRICS_NAME: name }: TargetSettings,
  job: string,
  port: number,
  scheme: 'http' | 'https' = 'http',
): () => void {
  if (folder === undefined) return () => undefined;
  const instance = name ?? `${job}-${process.pid}`;
  const labels = { job, instance, __scheme__: scheme, __pid__: String(process.pid) };
  writeTargets(folder, instance, [{ targets: [hostPort(reachable(BIND), port)], labels }]);
  return () => rmSync(join(folder, `${instance}.json`), { force: true });
}

/** Whole or not at all: Prometheus reads it whenever it changes. */
export function writeTargets(folder: string, name: string, targets: readonly Target[]): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  writeFileSync(`${file}.new`, `${JSON.stringify(targets, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}
