/** What must be on the machine: a Java of 17 or newer to run, and Maven only while jars have to be fetched. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ClusterError } from '../stack/errors.ts';

const run = promisify(execFile);
const oldestJava = 17;
const javaRemedy =
  `Install a JDK of version ${oldestJava} or newer (Debian and Ubuntu: apt-get install openjdk-17-jdk-headless; ` +
  'macOS: brew install openjdk@17), or set JAVA_HOME to one.';

/** The path of the java program. */
export async function findJava(env: Readonly<Record<string, string | undefined>> = process.env): Promise<string> {
  const java = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java';
  const said = await run(java, ['-version'], { timeout: 20_000 }).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: Error) => {
      throw new ClusterError(
        `No Java was found: '${java} -version' failed (${firstLine(error.message)}).\n${javaRemedy}`,
      );
    },
  );
  const version = javaVersion(said);
  if (version === undefined || version < oldestJava) {
    throw new ClusterError(`'${java}' is ${firstLine(said)}; ${oldestJava} or newer is needed.\n${javaRemedy}`);
  }
  return java;
}

/** 17 of `openjdk version "17.0.15" …`, 8 of `java version "1.8.0_402"`. */
export function javaVersion(said: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(said);
  return match ? Number(match[1]) : undefined;
}

export async function findMaven(): Promise<string> {
  try {
    await run('mvn', ['--version'], { timeout: 30_000 });
    return 'mvn';
  } catch {
    throw new ClusterError(
      "The daemons' jars have to be fetched once, and Maven ('mvn') was not found.\n" +
        'Install it (Debian and Ubuntu: apt-get install maven; macOS: brew install maven) and try again.',
    );
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
