/**
 * Which jar holds the classes that Spark loads: its name follows from the sources, from the Spark that they are
 * compiled against, and from the release of Java.
 *
 * The engine on Spark has such classes (streaming-jars.ts), and so has the analysis of footage. So another version of
 * the sources, or another SPARK_HOME, never loads a jar that was compiled before.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../process/config.ts';
import { EXIT, Refusal } from '../../process/errors.ts';
import { sparkEnvironment } from '../../process/spark-home.ts';

/** Of the classes; Spark 4 needs it too. */
export const JAVA_RELEASE = '17';

/** `sources`: the folder of the Java files; `libraries`: that of Spark's jars. */
export async function classJarName(prefix: string, sources: string, libraries: string): Promise<string> {
  const hash = createHash('sha256').update(libraries).update(JAVA_RELEASE);
  for (const path of await javaSources(sources)) hash.update(await readFile(path));
  return `${prefix}-${hash.digest('hex').slice(0, 16)}.jar`;
}

export async function javaSources(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

/** The folder of Spark's libraries: that of SPARK_HOME, or that of PySpark in the environment of `spark setup`. */
export async function sparkJars(config: Pick<Config, 'SIGHTLINE_HOME' | 'SPARK_HOME'>): Promise<string> {
  if (config.SPARK_HOME !== undefined) return join(config.SPARK_HOME, 'jars');
  const lib = join(sparkEnvironment(config), 'lib');
  const python = (await readdir(lib).catch(() => [])).find((name) => name.startsWith('python3'));
  if (python !== undefined) return join(lib, python, 'site-packages', 'pyspark', 'jars');
  throw new Refusal(
    EXIT.dependency_down,
    `Spark is not set up: ${dirname(lib)} has no Python environment. Run "npx sightline spark setup" (about 450 MB), ` +
      'or set SPARK_HOME to a Spark that is installed.',
  );
}
