/**
 * Starts one daemon as a process of its own. It leads its own session, so a Ctrl-C in the terminal reaches only the
 * command, which then stops the daemons in order; and it outlives the command that started it.
 *
 * The pid file is written at once; the marks on the command line (`processes.ts`) are there from the first instant.
 */
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Daemon, Program } from './daemons.ts';
import { ClusterError } from './errors.ts';
import { marksOf, recordPid } from './processes.ts';
import { confFolder, jarFolder, logFile, printFile } from './stack.ts';
import type { Stack } from './stack.ts';

const run = promisify(execFile);

/** Returns the pid of the running daemon. */
export async function launch(stack: Stack, daemon: Daemon, java: string): Promise<number> {
  const format = daemon.format?.(stack);
  if (format) await runOnce(stack, daemon, java, format);
  const prints = printFile(stack, daemon.name);
  if (existsSync(prints)) renameSync(prints, `${prints}.1`);
  const out = openSync(prints, 'a');
  try {
    const args = [...marksOf(stack, daemon.name), ...javaArgs(stack, daemon, daemon.program(stack))];
    const child = spawn(java, args, { cwd: stack.folder, detached: true, stdio: ['ignore', out, out], env: environment() });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new ClusterError(`${daemon.title} could not be started: ${error.message}`)));
    });
    child.unref();
    recordPid(stack, daemon.name, child.pid!);
    return child.pid!;
  } finally {
    closeSync(out);
  }
}

async function runOnce(stack: Stack, daemon: Daemon, java: string, program: Program): Promise<void> {
  const args = javaArgs(stack, daemon, program);
  await run(java, args, { cwd: stack.folder, timeout: 120_000, maxBuffer: 16 * 1_024 ** 2, env: environment() }).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim().split('\n').slice(-15).join('\n  ');
      throw new ClusterError(`${daemon.title}: its storage could not be formatted (log: ${logFile(stack, daemon.name)}):\n  ${said}`);
    },
  );
}

/** Everything after `java`; pure, so that a test can look at it. */
export function javaArgs(stack: Stack, daemon: Daemon, { mainClass, args }: Program): string[] {
  const conf = confFolder(stack, daemon.family);
  const logging =
    daemon.family === 'kafka'
      ? `-Dlog4j2.configurationFile=${join(conf, 'log4j2.properties')}`
      : `-Dlog4j.configuration=file:${join(conf, 'log4j.properties')}`;
  return [
    `-Xmx${daemon.heapMiB}m`,
    '-XX:+UseG1GC',
    '-XX:ParallelGCThreads=2',
    '-XX:ConcGCThreads=1',
    '-XX:+ExitOnOutOfMemoryError',
    ...daemon.jvm,
    ...opened.flatMap((name) => ['--add-opens', `java.base/${name}=ALL-UNNAMED`]),
    '-Djava.awt.headless=true',
    '-Djava.net.preferIPv4Stack=true',
    `-Dsightline.log=${logFile(stack, daemon.name)}`,
    logging,
    '-cp',
    `${conf}:${join(jarFolder(stack, daemon.jarSet), '*')}`,
    mainClass,
    ...args,
  ];
}

/** Parts of the JDK into which Hadoop and HBase reach by reflection. */
const opened = ['java.lang', 'java.lang.reflect', 'java.io', 'java.nio', 'java.util', 'java.util.concurrent', 'java.net', 'sun.nio.ch'];

/** The caller's environment without what would change a JVM or a Hadoop behind our back. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|HADOOP_|HBASE_|HDFS_|KAFKA_)/.test(name),
  );
  return Object.fromEntries(kept);
}
