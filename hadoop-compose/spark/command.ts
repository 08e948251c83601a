/**
 * `sightline spark setup`: PySpark from PyPI, once, in an environment of its own, and the classes of the engine on
 * Spark (streaming.ts).
 *
 * `batch run --engine spark`, `speed --engine spark` and the analysis of footage submit with it. PySpark brings Spark's
 * Java libraries and the client of HDFS; Java 17 is the cluster's own.
 */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { sparkEnvironment, sparkSubmit } from '../../core/process/spark-home.ts';
import type { Say } from '../../core/process/step-log.ts';
import { sayOn } from '../../core/process/step-log.ts';
import { environmentOf } from '../cameras/venv.ts';
import { ensureStreaming } from './streaming.ts';

const REQUIREMENTS = ['requirements-build.txt', 'requirements.txt'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

export function sparkCommand(): Command {
  const spark = new Command('spark').description(
    'Spark, for both layers where one machine or its workers are not enough',
  );
  spark
    .command('setup')
    .description('install PySpark from PyPI, and what "speed --engine spark" loads (once; about 450 MB)')
    .action(() => runCommand(setup));
  return spark;
}

async function setup(): Promise<void> {
  const signal = stopSignal();
  const submit = await ensureSpark(process.env, signal);
  await ensureStreaming(readConfig(), { environment: process.env, say: sayOn(), signal });
  process.stdout.write(`${submit}\n`);
}

/** What `speed --engine spark` needs: a Spark, unless SPARK_HOME names one, and its classes. */
export async function ensureEngine(environment: NodeJS.ProcessEnv, say: Say, signal: AbortSignal): Promise<void> {
  const config = readConfig(environment);
  if (config.SPARK_HOME === undefined) await ensureSpark(environment, signal);
  await ensureStreaming(config, { environment, say, signal });
}

/** Returns the path of its spark-submit. */
export async function ensureSpark(environment: NodeJS.ProcessEnv = process.env, signal?: AbortSignal): Promise<string> {
  const config = readConfig(environment);
  await environmentOf(sparkEnvironment(config), REQUIREMENTS, { environment, ...(signal ? { signal } : {}) });
  return sparkSubmit({ ...config, SPARK_HOME: undefined });
}
