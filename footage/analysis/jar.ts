/**
 * The jar with the classes of java/, compiled once for a Spark and kept in SIGHTLINE_HOME.
 *
 * run-spark.ts asks for it. The classes use Spark, the client of HDFS and the JDK, nothing else, so spark-submit sends
 * executors this one jar. Its name has a hash of the sources and of the path of Spark's jars.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/process/config.ts';
import { compileJar, JAVA_RELEASE, sparkJars } from '../../hadoop-compose/spark/java-jar.ts';

const SOURCES = fileURLToPath(new URL('java/sightline/footage/', import.meta.url));

export async function analysisJar(config: Pick<Config, 'SIGHTLINE_HOME' | 'SPARK_HOME'>): Promise<string> {
  const libraries = await sparkJars(config);
  const sources = (await readdir(SOURCES)).sort().map((name) => join(SOURCES, name));
  const hash = createHash('sha256').update(libraries).update(JAVA_RELEASE);
  for (const source of sources) hash.update(await readFile(source));
  const folder = join(resolve(config.SIGHTLINE_HOME), 'footage-analysis');
  const jar = join(folder, `footage-${hash.digest('hex').slice(0, 16)}.jar`);
  const isThere = (await readdir(folder).catch(() => [])).some((name) => join(folder, name) === jar);
  if (!isThere) await compileJar({ sources, libraries, jar, name: 'The classes of the analysis' });
  return jar;
}
