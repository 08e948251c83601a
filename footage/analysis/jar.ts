/**
 * The jar with the classes of java/, compiled once for a Spark and kept in SIGHTLINE_HOME.
 *
 * run-spark.ts asks for it. The classes use Spark, the client of HDFS and the JDK, nothing else, so spark-submit sends
 * executors this one jar.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/process/config.ts';
import { classJarName, javaSources, sparkJars } from '../../core/stores/spark/class-jar.ts';
import { compileJar } from '../../hadoop-compose/spark/java-jar.ts';

const SOURCES = fileURLToPath(new URL('java/sightline/footage/', import.meta.url));

export async function analysisJar(config: Pick<Config, 'SIGHTLINE_HOME' | 'SPARK_HOME'>): Promise<string> {
  const libraries = await sparkJars(config);
  const name = await classJarName('footage', SOURCES, libraries);
  const jar = join(resolve(config.SIGHTLINE_HOME), 'footage-analysis', name);
  const sources = await javaSources(SOURCES);
  if (!existsSync(jar)) await compileJar({ sources, libraries, jar, name: 'The classes of the analysis' });
  return jar;
}
