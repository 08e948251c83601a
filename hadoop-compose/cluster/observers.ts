/**
 * The programs that observe the stack, and the ports that they need. `npm start -- --observe` looks for them before it
 * starts anything; hadoop-compose/observe runs them.
 */
import { spawnSync } from 'node:child_process';
import { EXIT } from '../../core/process/errors.ts';
import { ClusterError } from '../stack/errors.ts';
import type { PortName } from '../stack/ports.ts';

export interface Observers {
  readonly prometheus: string;
  readonly alertmanager: string;
  /** Undefined: the one of the repository, whose receivers reach nobody. */
  readonly alertmanagerConfig: string | undefined;
  /** A folder with the rules; undefined: that of the repository. */
  readonly rules: string | undefined;
  readonly scrapeSeconds: number | undefined;
}

export const OBSERVE_PORTS: readonly { daemon: string; port: PortName }[] = [
  { daemon: 'Prometheus', port: 'prometheus' },
  { daemon: 'Alertmanager', port: 'alertmanager' },
  { daemon: 'the Kafka exporter', port: 'kafkaExporter' },
];

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws one error that names all that is missing. */
export function findObservers(env: Environment = process.env, runs = answersVersion): Observers {
  const faults: string[] = [];
  const find = (variable: string, usual: readonly string[]): string => {
    const named = env[variable];
    const found = (named ? [named] : usual).find(runs);
    if (found === undefined)
      faults.push(
        named
          ? `${variable}: '${named} --version' failed`
          : `${usual.join(' or ')} was not found; ${variable} names one`,
      );
    return found ?? '';
  };
  const prometheus = find('PROMETHEUS_BIN', ['prometheus']);
  // Debian's package calls it so, because the other name is taken there.
  const alertmanager = find('ALERTMANAGER_BIN', ['prometheus-alertmanager', 'alertmanager']);
  if (faults.length > 0)
    throw new ClusterError(
      `What observes the stack is missing: ${faults.join('; ')}.\n` +
        'Install it (Debian and Ubuntu: apt-get install prometheus prometheus-alertmanager; macOS: ' +
        'brew install prometheus alertmanager).',
    );
  const scrapeSeconds = Number(env.OBSERVE_SCRAPE_SECONDS || Number.NaN);
  if (env.OBSERVE_SCRAPE_SECONDS && !(Number.isInteger(scrapeSeconds) && scrapeSeconds > 0))
    throw new ClusterError(
      `OBSERVE_SCRAPE_SECONDS: '${env.OBSERVE_SCRAPE_SECONDS}' is not a whole number above 0`,
      EXIT.usage,
    );
  return {
    prometheus,
    alertmanager,
    alertmanagerConfig: env.ALERTMANAGER_CONFIG || undefined,
    rules: env.OBSERVE_RULES || undefined,
    scrapeSeconds: Number.isNaN(scrapeSeconds) ? undefined : scrapeSeconds,
  };
}

function answersVersion(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}
