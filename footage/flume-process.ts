/**
 * The running Flume: started, started again when it dies, ended in seconds.
 *
 * It may be killed at any moment: a file stands in the spool until Flume's channel has it, and in the channel until
 * HDFS has it. So `stop` waits a little and then kills. Its output goes to a log of bounded size.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { boundedLog } from '../hadoop-compose/start/bounded-log.ts';
import { javaEnvironment } from '../hadoop-compose/cluster/launch.ts';
import { markOfPart } from '../hadoop-compose/cluster/left-behind.ts';
import type { Folders } from './folders.ts';
import { flumeArguments } from './flume.ts';

export interface FlumeProcess {
  /** Undefined while it does not run. */
  pid(): number | undefined;
  /** Ends it, at most `STOP_LIMIT_MS` later. */
  stop(hurry: AbortSignal): Promise<void>;
}

export interface FlumeWishes {
  readonly java: string;
  readonly jars: string;
  readonly folders: Folders;
  readonly hadoopConf: string | undefined;
  readonly greatestBytes: number;
  /** HADOOP_USER: whose the files are. */
  readonly user: string;
  readonly onDeath: (how: string, againInMs: number, lastLines: string) => void;
}

const STOP_LIMIT_MS = 5_000;
const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const PROVEN_MS = 60_000;

export function startFlume(wishes: FlumeWishes): FlumeProcess {
  const log = boundedLog(join(wishes.folders.flume, 'flume.log'));
  const mark = markOfPart({ folder: wishes.folders.root }, 'flume');
  const args = flumeArguments({ ...wishes, mark });
  const stopped = new AbortController();
  let child: ChildProcess | null = null;
  let ended: Promise<void> = Promise.resolve();
  let pauseMs = SHORTEST_PAUSE_MS;

  const launch = (): void => {
    const startedMs = Date.now();
    const running = spawn(wishes.java, args, {
      cwd: wishes.folders.flume,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...javaEnvironment(), HADOOP_USER_NAME: wishes.user },
    });
    child = running;
    running.stdout.on('data', log.write);
    running.stderr.on('data', log.write);
    ended = new Promise((resolve) => {
      running.on('error', () => resolve());
      running.on('close', (code, signal) => {
        child = null;
        resolve();
        if (!stopped.signal.aborted) void again(signal ?? `exit ${code}`, Date.now() - startedMs);
      });
    });
  };
  const again = async (how: string, livedMs: number): Promise<void> => {
    if (livedMs > PROVEN_MS) pauseMs = SHORTEST_PAUSE_MS;
    wishes.onDeath(how, pauseMs, log.lastLines());
    await pause(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    if (!stopped.signal.aborted) launch();
  };

  launch();
  return {
    pid: () => child?.pid,
    async stop(hurry) {
      stopped.abort();
      const kill = (): void => void child?.kill('SIGKILL');
      child?.kill('SIGTERM');
      if (hurry.aborted) kill();
      hurry.addEventListener('abort', kill, { once: true });
      const late = setTimeout(kill, STOP_LIMIT_MS);
      await ended;
      clearTimeout(late);
      hurry.removeEventListener('abort', kill);
      log.close();
    },
  };
}
