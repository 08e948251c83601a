/**
 * Where the classes of the engine on Spark are: our own, compiled, and Spark's connector for Kafka.
 *
 * `sightline spark setup` makes the folder (hadoop-compose/spark/streaming.ts); the supervisor of the engine passes its
 * jars to spark-submit. The name of our jar has a hash of its sources, so classes of another version are never loaded.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../process/config.ts';
import { EXIT, Refusal } from '../../process/errors.ts';
import { streamingFolder } from '../../process/spark-home.ts';

export interface StreamingJars {
  readonly own: string;
  readonly connector: readonly string[];
}

/** The file name of our jar, made of the files in this folder. */
export async function streamingJarName(sources: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(sources)).sort()) hash.update(await readFile(join(sources, name)));
  return `sightline-speed-${hash.digest('hex').slice(0, 16)}.jar`;
}

/** Throws a Refusal if the set-up has not made them. */
export async function streamingJars(config: Pick<Config, 'SIGHTLINE_HOME'>, sources: string): Promise<StreamingJars> {
  const folder = streamingFolder(config);
  const own = await streamingJarName(sources);
  const found = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jar')).sort();
  if (!found.includes(own))
    throw new Refusal(
      EXIT.dependency_down,
      `The engine on Spark is not set up: ${folder} has no ${own}. Run "npx sightline spark setup".`,
    );
  const connector = found.filter((name) => !name.startsWith('sightline-speed-'));
  return { own: join(folder, own), connector: connector.map((name) => join(folder, name)) };
}
