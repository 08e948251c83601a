/**
 * Where the classes of the engine on Spark are: our own, compiled, and Spark's connector for Kafka.
 *
 * `sightline spark setup` makes the folder (hadoop-compose/spark/streaming.ts); the supervisor of the engine passes its
 * jars to spark-submit. The name of our jar says of which sources and for which Spark it is (class-jar.ts).
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../process/config.ts';
import { EXIT, Refusal } from '../../process/errors.ts';
import { streamingFolder } from '../../process/spark-home.ts';
import { classJarName, sparkJars } from './class-jar.ts';

export interface StreamingJars {
  readonly own: string;
  readonly connector: readonly string[];
}

type Settings = Pick<Config, 'SIGHTLINE_HOME' | 'SPARK_HOME'>;

const PREFIX = 'sightline-speed';

/** The file name of our jar: of the files in this folder, for the Spark of the configuration. */
export async function streamingJarName(config: Settings, sources: string): Promise<string> {
  return classJarName(PREFIX, sources, await sparkJars(config));
}

/** Throws a Refusal if the set-up has not made them. */
export async function streamingJars(config: Settings, sources: string): Promise<StreamingJars> {
  const folder = streamingFolder(config);
  const own = await streamingJarName(config, sources);
  const found = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jar')).sort();
  if (!found.includes(own))
    throw new Refusal(
      EXIT.dependency_down,
      `The engine on Spark is not set up: ${folder} has no ${own}. Run "npx sightline spark setup".`,
    );
  const connector = found.filter((name) => !name.startsWith(`${PREFIX}-`));
  return { own: join(folder, own), connector: connector.map((name) => join(folder, name)) };
}
