/**
 * Where `--engine spark` can submit to, each made real on loopback: Spark within spark-submit, Spark's own cluster,
 * YARN.
 *
 * A standalone cluster is a Master and a Worker of the Spark that submits; YARN is a ResourceManager and a NodeManager
 * from Hadoop's Maven artifacts. Each has ports that were free and files in a folder of its own, and ends by its pid.
 * What `environment` holds is what an operator sets: docs/operations.md says the same.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ensureSpark } from '../../hadoop-compose/spark/command.ts';
import { openStandalone } from './spark-standalone.ts';
import { openYarn } from './spark-yarn.ts';

const NAMES = ['local', 'standalone', 'yarn'] as const;
export type MasterName = (typeof NAMES)[number];

export interface SparkMaster {
  readonly name: MasterName;
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * SIGHTLINE_SPARK_MASTERS=local,standalone,yarn: YARN only when it is asked for, because its jars are fetched first.
 */
export function mastersAsked(otherwise: MasterName): MasterName[] {
  return (process.env.SIGHTLINE_SPARK_MASTERS ?? otherwise).split(',').map((word) => {
    const name = NAMES.find((each) => each === word.trim());
    if (name === undefined) throw new Error(`SIGHTLINE_SPARK_MASTERS: '${word}' is none of ${NAMES.join(', ')}`);
    return name;
  });
}

/** The Spark of `sightline spark setup`, as SPARK_HOME names one. */
export async function sparkHome(): Promise<string> {
  const python = join(dirname(await ensureSpark()), 'python3');
  const { stdout } = await promisify(execFile)(python, ['-c', 'import pyspark; print(pyspark.__path__[0])']);
  return stdout.trim();
}

export async function openMaster(name: MasterName, home: string): Promise<SparkMaster> {
  if (name === 'local')
    return { name, environment: { SPARK_HOME: home, SPARK_MASTER: 'local[2]' }, close: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), `sightline-${name}-`));
  await mkdir(join(folder, 'logs'));
  const cluster = await (name === 'standalone' ? openStandalone : openYarn)(folder, home);
  return {
    name,
    environment: { SPARK_HOME: home, ...cluster.environment },
    async close() {
      await cluster.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
