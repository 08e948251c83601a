/**
 * `sightline spark setup`: PySpark from PyPI, once, in an environment of its own.
 *
 * `batch run --engine spark` submits with it; nothing else needs it, so `npm start` never waits for it. It brings
 * Spark's Java libraries and the client of HDFS; Java 17 is the cluster's own.
 */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { sparkEnvironment, sparkSubmit } from '../../core/process/spark-home.ts';
import { environmentOf } from '../cameras/venv.ts';

const REQUIREMENTS = ['requirements-build.txt', 'requirements.txt'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

export function sparkCommand(): Command {
  const spark = new Command('spark').description('Spark, for batch runs that are too large for one machine');
  spark
    .command('setup')
    .description('install PySpark from PyPI for "batch run --engine spark" (once; about 450 MB)')
    .action(() => runCommand(setup));
  return spark;
}

async function setup(): Promise<void> {
  process.stdout.write(`${await ensureSpark(process.env, stopSignal())}\n`);
}

/** Returns the path of its spark-submit. */
export async function ensureSpark(environment: NodeJS.ProcessEnv = process.env, signal?: AbortSignal): Promise<string> {
  const config = readConfig(environment);
  await environmentOf(sparkEnvironment(config), REQUIREMENTS, { environment, ...(signal ? { signal } : {}) });
  return sparkSubmit({ ...config, SPARK_HOME: undefined });
}
