/**
 * What the engine on Spark needs beside Spark: our classes, compiled against it, and Spark's connector for Kafka from
 * Maven.
 *
 * `sightline spark setup` calls it; the engine finds the jars by core/stores/spark/streaming-jars.ts. A folder is made
 * beside its place and renamed when it is whole.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/process/config.ts';
import { streamingFolder } from '../../core/process/spark-home.ts';
import type { Say } from '../../core/process/step-log.ts';
import { javaSources, sparkJars } from '../../core/stores/spark/class-jar.ts';
import { streamingJarName } from '../../core/stores/spark/streaming-jars.ts';
import { fetchJars } from '../cluster/jars.ts';
import { jarFolder, stackFrom } from '../stack/stack.ts';
import { compileJar } from './java-jar.ts';

const SOURCES = fileURLToPath(new URL('../../speed-layer/spark/java/sightline/speed/', import.meta.url));

interface Wishes {
  readonly environment: NodeJS.ProcessEnv;
  readonly say: Say;
  readonly signal?: AbortSignal | undefined;
}

/** Returns the folder with the jars; makes it if it is not there, of other sources, or for another Spark. */
export async function ensureStreaming(config: Config, { environment, say, signal }: Wishes): Promise<string> {
  const folder = streamingFolder(config);
  const own = await streamingJarName(config, SOURCES);
  if (existsSync(join(folder, own))) return folder;
  const stack = stackFrom(environment);
  await fetchJars(stack, say, signal, ['spark']);
  await mkdir(dirname(folder), { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  try {
    const connector = jarFolder(stack, 'spark');
    for (const name of await readdir(connector)) await copyFile(join(connector, name), join(staging, name));
    const [sources, libraries] = [await javaSources(SOURCES), await sparkJars(config)];
    const jar = join(staging, own);
    await compileJar({ sources, libraries, jar, name: 'The classes of the engine on Spark' });
    await rm(folder, { recursive: true, force: true });
    await rename(staging, folder);
    say('spark', `the classes of the engine are in ${folder}`);
    return folder;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
