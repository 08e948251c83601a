/**
 * Runs spark-submit for one job and waits for its end.
 *
 * A job is a Python program that reads a plan: that of the batch layer (batch-layer/reconcile/spark/stage.ts) and that
 * of the analysis of footage (footage/analysis/run-spark.ts). Spark logs to standard error: the last lines are part of
 * the error message, and the whole log is in a file. spark-submit has a process group of its own, so that its JVM is
 * killed too when the run is stopped.
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EXIT, messageOf, Refusal, Retryable } from '../../process/errors.ts';
import { giveWay } from '../../process/give-way.ts';
import { killGroup } from '../../process/group.ts';
import type { SparkSettings } from './settings.ts';

export interface SparkJob {
  /** Paths of the Python program and of the plan that it gets as its argument. */
  readonly program: string;
  readonly plan: string;
  readonly logFile: string;
  readonly shuffles: number;
  /** Paths of jars with classes that the executors load. */
  readonly jars?: readonly string[];
}

type Submit = (settings: Omit<SparkSettings, 'lakeRoot'>, job: SparkJob, signal: AbortSignal) => Promise<void>;

const SHOWN_LINES = 12;

export const submit: Submit = async (settings, job, signal) => {
  await requireSpark(settings.submit);
  const isLocal = settings.master.startsWith('local');
  const options = [
    ...['--master', settings.master, '--driver-memory', `${settings.driverMemoryMb}m`, '--name', 'sightline'],
    ...confs({
      'spark.ui.enabled': 'false',
      'spark.sql.session.timeZone': 'UTC',
      'spark.sql.parquet.outputTimestampType': 'TIMESTAMP_MICROS',
      'spark.sql.shuffle.partitions': String(job.shuffles),
      // Spark guesses the size of a table from compressed files, and would broadcast millions of rows. Dataset B is
      // small, and its statement has a hint.
      'spark.sql.autoBroadcastJoinThreshold': '-1',
      'spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs': 'false',
      ...(isLocal ? { 'spark.driver.host': '127.0.0.1', 'spark.driver.bindAddress': '127.0.0.1' } : {}),
    }),
    ...(job.jars ? ['--jars', job.jars.join(',')] : []),
    ...settings.options,
  ];
  const environment = {
    ...process.env,
    // The scripts of a Python environment look for Spark with the first python3 on the PATH, which must be their own.
    PATH: `${dirname(settings.submit)}:${process.env.PATH ?? ''}`,
    HADOOP_USER_NAME: settings.user,
    ...(isLocal ? { SPARK_LOCAL_IP: '127.0.0.1' } : {}),
  };
  const args = [...options, job.program, job.plan];
  const { code, tail } = await runProgram(
    { program: settings.submit, args, environment, logFile: job.logFile },
    signal,
  );
  signal.throwIfAborted();
  if (code !== 0)
    throw new Retryable(
      'Spark',
      `spark-submit to ${settings.master} ended with ${code}; its last lines are:\n${tail.join('\n')}`,
    );
};

function confs(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['--conf', `${name}=${value}`]);
}

/** Throws a Refusal if spark-submit is not there. */
export async function requireSpark(path: string): Promise<void> {
  try {
    await access(path);
  } catch {
    throw new Refusal(
      EXIT.dependency_down,
      `Spark is not set up: ${path} does not exist. Run "npx sightline spark setup", which installs PySpark from ` +
        'PyPI (about 450 MB), or set SPARK_HOME to a Spark that is installed. "batch run --engine duckdb" needs none.',
    );
  }
}

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly logFile: string;
}

/** Resolves when the program has ended, with its exit code or signal and the last lines that it wrote. */
function runProgram(
  { program, args, environment, logFile }: Program,
  signal: AbortSignal,
): Promise<{ code: number | string; tail: string[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    if (child.pid !== undefined) giveWay(child.pid);
    const log = createWriteStream(logFile);
    const tail: string[] = [];
    const take = (chunk: Buffer): void => {
      log.write(chunk);
      tail.push(...chunk.toString('utf8').split('\n').filter(Boolean));
      tail.splice(0, Math.max(0, tail.length - SHOWN_LINES));
    };
    const kill = (): void => killGroup(child);
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
