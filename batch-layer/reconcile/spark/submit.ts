/**
 * spark-submit, run to its end: one job, told by a plan in a file.
 *
 * stage.ts writes the plan that plan.ts makes. Spark logs to standard error: an error message ends with its last lines,
 * and the whole log is in a file beside the plan. A job that is told to stop is killed with its JVM, which is a child
 * of its own process group.
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SparkSettings } from '../../context.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../../core/process/errors.ts';

export type Submit = (
  settings: Omit<SparkSettings, 'lakeRoot'>,
  job: { plan: string; logFile: string; shuffles: number },
  signal: AbortSignal,
) => Promise<void>;

const JOB = fileURLToPath(new URL('job.py', import.meta.url));
const SHOWN_LINES = 12;

export const submit: Submit = async (settings, job, signal) => {
  await checkThere(settings);
  const isLocal = settings.master.startsWith('local');
  const options = [
    ...['--master', settings.master, '--driver-memory', `${settings.driverMemoryMb}m`, '--name', 'sightline'],
    ...confs({
      'spark.ui.enabled': 'false',
      'spark.sql.session.timeZone': 'UTC',
      'spark.sql.parquet.outputTimestampType': 'TIMESTAMP_MICROS',
      'spark.sql.shuffle.partitions': String(job.shuffles),
      // Spark guesses from compressed files how large a table is, and broadcast millions of rows; the places, which are
      // few, have a hint.
      'spark.sql.autoBroadcastJoinThreshold': '-1',
      'spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs': 'false',
      ...(isLocal ? { 'spark.driver.host': '127.0.0.1', 'spark.driver.bindAddress': '127.0.0.1' } : {}),
    }),
    ...settings.options,
  ];
  const environment = {
    ...process.env,
    // The scripts of an environment ask the first python3 where Spark is: it must be their own.
    PATH: `${dirname(settings.submit)}:${process.env.PATH ?? ''}`,
    HADOOP_USER_NAME: settings.user,
    ...(isLocal ? { SPARK_LOCAL_IP: '127.0.0.1' } : {}),
  };
  const { code, tail } = await ended(settings.submit, [...options, JOB, job.plan], environment, job.logFile, signal);
  signal.throwIfAborted();
  if (code !== 0)
    throw new Retryable(
      'Spark',
      `spark-submit to ${settings.master} ended with ${code}; its last lines:\n${tail.join('\n')}`,
    );
};

function confs(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['--conf', `${name}=${value}`]);
}

async function checkThere({ submit: path }: Pick<SparkSettings, 'submit'>): Promise<void> {
  try {
    await access(path);
  } catch {
    throw new Refusal(
      EXIT.dependency_down,
      `Spark is not set up: there is no ${path}. "npx sightline spark setup" installs PySpark from PyPI, once (about 450 MB); ` +
        'SPARK_HOME names a Spark that is there already. "--engine duckdb" needs neither.',
    );
  }
}

function ended(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  logFile: string,
  signal: AbortSignal,
): Promise<{ code: number | string; tail: string[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const log = createWriteStream(logFile);
    const tail: string[] = [];
    const take = (chunk: Buffer): void => {
      log.write(chunk);
      tail.push(...chunk.toString('utf8').split('\n').filter(Boolean));
      tail.splice(0, Math.max(0, tail.length - SHOWN_LINES));
    };
    const kill = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    signal.addEventListener('abort', kill, { once: true });
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (fault) =>
      reject(new Refusal(EXIT.dependency_down, `${program} cannot be started: ${messageOf(fault)}`, fault)),
    );
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      log.end();
      resolve({ code: code ?? killedBy ?? 1, tail });
    });
  });
}
