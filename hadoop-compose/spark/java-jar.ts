/**
 * Compiles classes that Spark loads, into one jar.
 *
 * streaming.ts compiles those of the engine on Spark, the analysis of footage its own (footage/analysis/jar.ts). The
 * classes use Spark and what comes with it, and the JDK.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';
import { JAVA_RELEASE } from '../../core/stores/spark/class-jar.ts';
import { findJava } from '../cluster/tools.ts';

const run = promisify(execFile);
const COMPILE_LIMIT_MS = 120_000;

export interface JarPlan {
  /** Paths of the Java files. */
  readonly sources: readonly string[];
  /** The folder of Spark's libraries. */
  readonly libraries: string;
  /** Path of the jar to be. */
  readonly jar: string;
  /** `The classes of the analysis`, for the error message. */
  readonly name: string;
}

/** The jar appears whole or not at all. */
export async function compileJar({ sources, libraries, jar, name }: JarPlan): Promise<void> {
  const work = `${jar}-${randomUUID()}`;
  const classes = join(work, 'classes');
  await mkdir(classes, { recursive: true });
  // Not the javac on the PATH: java is the one that was checked, and a JDK has its compiler as a module.
  const java = await findJava();
  const tool = (module: string, ...args: string[]): Promise<unknown> =>
    run(java, ['--module', module, ...args], { timeout: COMPILE_LIMIT_MS });
  try {
    const files = (await readdir(libraries)).filter((file) => file.endsWith('.jar'));
    const classPath = files.map((file) => join(libraries, file)).join(delimiter);
    const options = ['--release', JAVA_RELEASE, '-nowarn', '-proc:none', '-cp', classPath, '-d', classes];
    await tool('jdk.compiler/com.sun.tools.javac.Main', ...options, ...sources);
    const packed = join(work, 'classes.jar');
    await tool('jdk.jartool/sun.tools.jar.Main', '--create', '--file', packed, '-C', classes, '.');
    await rename(packed, jar);
  } catch (fault) {
    throw new Refusal(
      EXIT.dependency_down,
      `${name} could not be compiled with ${java} against ${libraries}: ${messageOf(fault)}. ` +
        'A JDK of version 17 or newer was expected, not only what runs Java (Debian and Ubuntu: apt-get install ' +
        'openjdk-17-jdk-headless); JAVA_HOME may name one.',
      fault,
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
