/**
 * The jar with the classes of java/, compiled once for a Spark and kept in SIGHTLINE_HOME.
 *
 * run-spark.ts asks for it. The classes use Spark, the client of HDFS and the JDK, nothing else, so spark-submit sends
 * executors this one jar. Its name has a hash of the sources and of the path of Spark's jars.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Config } from '../../core/process/config.ts';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';
import { sparkEnvironment } from '../../core/process/spark-home.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';

const run = promisify(execFile);
const SOURCES = fileURLToPath(new URL('java/sightline/footage/', import.meta.url));
/** Of the classes; Spark 4 needs it too. */
const JAVA_RELEASE = '17';
const COMPILE_LIMIT_MS = 120_000;

export async function analysisJar(config: Pick<Config, 'SIGHTLINE_HOME' | 'SPARK_HOME'>): Promise<string> {
  const jars = await sparkJars(config);
  const sources = (await readdir(SOURCES)).sort().map((name) => join(SOURCES, name));
  const hash = createHash('sha256').update(jars).update(JAVA_RELEASE);
  for (const source of sources) hash.update(await readFile(source));
  const folder = join(resolve(config.SIGHTLINE_HOME), 'footage-analysis');
  const jar = join(folder, `footage-${hash.digest('hex').slice(0, 16)}.jar`);
  const isThere = (await readdir(folder).catch(() => [])).some((name) => join(folder, name) === jar);
  if (!isThere) await compile(sources, { jars, jar });
  return jar;
}

async function compile(sources: readonly string[], { jars, jar }: { jars: string; jar: string }): Promise<void> {
  const work = `${jar}-${randomUUID()}`;
  const classes = join(work, 'classes');
  await mkdir(classes, { recursive: true });
  // Not the javac on the PATH: java is the one that was checked, and a JDK has its compiler as a module.
  const java = await findJava();
  const tool = (module: string, ...args: string[]): Promise<unknown> =>
    run(java, ['--module', module, ...args], { timeout: COMPILE_LIMIT_MS });
  try {
    const libraries = (await readdir(jars)).filter((name) => name.endsWith('.jar')).map((name) => join(jars, name));
    const options = [
      '--release',
      JAVA_RELEASE,
      '-nowarn',
      '-proc:none',
      '-cp',
      libraries.join(delimiter),
      '-d',
      classes,
    ];
    await tool('jdk.compiler/com.sun.tools.javac.Main', ...options, ...sources);
    const packed = join(work, 'footage.jar');
    await tool('jdk.jartool/sun.tools.jar.Main', '--create', '--file', packed, '-C', classes, '.');
    await rename(packed, jar);
  } catch (fault) {
    throw new Refusal(
      EXIT.dependency_down,
      `The classes of the analysis could not be compiled with ${java} against ${jars}: ${messageOf(fault)}. ` +
        'A JDK of version 17 or newer was expected, not only what runs Java (Debian and Ubuntu: apt-get install ' +
        'openjdk-17-jdk-headless); JAVA_HOME may name one.',
      fault,
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The folder of Spark's libraries: that of SPARK_HOME, or that of PySpark in the environment of `spark setup`. */
async function sparkJars(config: Pick<Config, 'SIGHTLINE_HOME' | 'SPARK_HOME'>): Promise<string> {
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
