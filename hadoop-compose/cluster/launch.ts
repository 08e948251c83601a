/**
 * Starts one daemon as a process of its own. It leads its own session, so a Ctrl-C in the terminal reaches only the
 * command, which then stops the daemons in order; and it outlives the command that started it.
 *
 * The pid file is written at once; the marks on the command line (`processes.ts`) are there from the first instant.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Daemon } from './daemons.ts';
import type { Program } from '../stack/program.ts';
import { securedOptions } from '../secured/programs.ts';
import { ClusterError, throwIfStopped } from '../stack/errors.ts';
import { markOfPart } from './left-behind.ts';
import { lastWords } from './log-tail.ts';
import { marksOf, recordPid } from './processes.ts';
import { confFolder, dataFolder, jarFolder, logFile, printFile } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';

/** Returns the pid of the running daemon. Its storage may have to be formatted first; `hurry` ends that. */
export async function launch(stack: Stack, daemon: Daemon, java: string, hurry?: AbortSignal): Promise<number> {
  const prints = printFile(stack, daemon.name);
  if (existsSync(prints)) renameSync(prints, `${prints}.1`);
  const format = daemon.format?.(stack);
  if (format) {
    const mark = `-Dsightline.part-of=${markOfPart(stack, `formatting of ${daemon.title}`)}`;
    const child = await spawnJava(stack, daemon, java, [mark, ...javaArgs(stack, daemon, format)]);
    await waitForFormat(stack, daemon, child, hurry);
    // Of some it is all that says that they are formatted.
    mkdirSync(dataFolder(stack, daemon.name), { recursive: true, mode: 0o700 });
  }
  const child = await spawnJava(stack, daemon, java, [
    ...marksOf(stack, daemon.name),
    ...javaArgs(stack, daemon, daemon.program(stack)),
  ]);
  child.unref();
  recordPid(stack, daemon.name, child.pid!);
  return child.pid!;
}

/**
 * Formatting takes seconds, so only the second request to stop interrupts it. The next start formats again what is
 * half-formatted.
 */
async function waitForFormat(stack: Stack, daemon: Daemon, child: ChildProcess, hurry?: AbortSignal): Promise<void> {
  const kill = (): void => void child.kill('SIGKILL');
  if (hurry?.aborted) kill();
  hurry?.addEventListener('abort', kill, { once: true });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  hurry?.removeEventListener('abort', kill);
  throwIfStopped(hurry);
  if (code === 0) return;
  throw new ClusterError(
    `${daemon.title}: its storage could not be formatted (exit ${code}).\n${lastWords(stack, daemon.name)}`,
  );
}

async function spawnJava(stack: Stack, daemon: Daemon, java: string, args: readonly string[]): Promise<ChildProcess> {
  const out = openSync(printFile(stack, daemon.name), 'a');
  try {
    const child = spawn(java, args, {
      cwd: stack.folder,
      detached: true,
      stdio: ['ignore', out, out],
      env: javaEnvironment(),
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new ClusterError(`${daemon.title} could not be started: ${error.message}`)),
      );
    });
    return child;
  } finally {
    closeSync(out);
  }
}

/** Everything after `java`; pure, so that a test can look at it. */
export function javaArgs(stack: Stack, daemon: Daemon, { mainClass, args }: Program): string[] {
  const conf = confFolder(stack, daemon.family);
  const logging =
    daemon.family === 'cassandra'
      ? `-Dlogback.configurationFile=${join(conf, 'logback.xml')}`
      : daemon.family === 'kafka'
        ? `-Dlog4j2.configurationFile=${pathToFileURL(join(conf, 'log4j2.properties')).href}`
        : `-Dlog4j.configuration=${pathToFileURL(join(conf, 'log4j.properties')).href}`;
  return [
    `-Xmx${daemon.heapMiB}m`,
    ...(daemon.collector === 'serial'
      ? ['-XX:+UseSerialGC']
      : ['-XX:+UseG1GC', '-XX:ParallelGCThreads=2', '-XX:ConcGCThreads=1']),
    '-XX:+ExitOnOutOfMemoryError',
    ...daemon.jvm,
    ...securedOptions(stack, daemon.family),
    ...(daemon.settings?.(stack) ?? []),
    ...OPENED_TO_ALL,
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
const OPENED = [
  'java.lang',
  'java.lang.reflect',
  'java.io',
  'java.nio',
  'java.util',
  'java.util.concurrent',
  'java.net',
  'sun.nio.ch',
];
export const OPENED_TO_ALL: readonly string[] = OPENED.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);

/** The caller's environment without variables that change options of a JVM or of Hadoop. */
export function javaEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|HADOOP_|HBASE_|HDFS_|KAFKA_|FLUME_|KRB5_)/.test(
        name,
      ),
  );
  return Object.fromEntries(kept) as NodeJS.ProcessEnv;
}
