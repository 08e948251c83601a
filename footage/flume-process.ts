/**
 * The running Flume: started, started again when it dies, ended in seconds.
 *
 * It may be killed at any moment: a file stands in the spool until Flume's channel has it, and in the channel until
 * HDFS has it. So `stop` waits a little (STOP_LIMIT_MS) and then kills. supervise.ts starts it and ends it.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { javaEnvironment } from '../hadoop-compose/cluster/launch.ts';
import { markOfPart } from '../hadoop-compose/cluster/left-behind.ts';
import type { SupervisedProcess } from '../hadoop-compose/start/supervise.ts';
import { supervise } from '../hadoop-compose/start/supervise.ts';
import type { Folders } from './folders.ts';
import { flumeArguments } from './flume.ts';

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
const BACK_OFF = { shortestMs: 1_000, longestMs: 30_000, provenMs: 60_000 };

export function startFlume(wishes: FlumeWishes): SupervisedProcess {
  const { folders } = wishes;
  const mark = markOfPart({ folder: folders.root }, 'flume');
  const args = flumeArguments({ ...wishes, mark });
  return supervise({
    spawn: () =>
      spawn(wishes.java, args, {
        cwd: folders.flume,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...javaEnvironment(), HADOOP_USER_NAME: wishes.user },
      }),
    logFile: join(folders.flume, 'flume.log'),
    stopLimitMs: STOP_LIMIT_MS,
    backOff: BACK_OFF,
    onDeath: wishes.onDeath,
  });
}
