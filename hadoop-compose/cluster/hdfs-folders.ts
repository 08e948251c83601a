/**
 * The folders of HDFS that are Sightline's: made and given to its user by the superuser, which is whoever runs the
 * NameNode.
 *
 * `cluster up` and `npm start` call this before they prepare anything; on a cluster its administrator does the same
 * once (the service hdfs-folders of compose.yaml). HDFS lets nobody else make a folder in its root. A folder that
 * belongs to another user keeps its owner.
 */
import { userInfo } from 'node:os';
import { z } from 'zod';
import type { Config } from '../../core/process/config.ts';
import { messageOf } from '../../core/process/errors.ts';
import { ClusterError } from '../stack/errors.ts';
import { loopback } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';

type Wishes = Pick<Config, 'HADOOP_USER' | 'SIGHTLINE_ROOT'>;

const ANSWER_LIMIT_MS = 30_000;
const Status = z.object({ FileStatus: z.object({ owner: z.string() }) });

export async function makeHdfsFolders(
  stack: Stack,
  { HADOOP_USER: user, SIGHTLINE_ROOT: root }: Wishes,
  signal?: AbortSignal,
): Promise<void> {
  const superuser = userInfo().username;
  const ask = asSuperuser(stack, superuser, signal);
  // The second is where Spark puts what it sends to a cluster.
  for (const folder of [root, `/user/${user}`]) {
    const found = await ask('GET', folder, { op: 'GETFILESTATUS' });
    const owner = found === null ? null : Status.parse(found).FileStatus.owner;
    if (owner === null) await ask('PUT', folder, { op: 'MKDIRS', permission: '0755' });
    if (owner === null || owner === superuser) await ask('PUT', folder, { op: 'SETOWNER', owner: user });
  }
}

/** Asks WebHDFS; null if there is no such path. */
function asSuperuser(stack: Stack, superuser: string, signal: AbortSignal | undefined) {
  return async (method: string, path: string, query: Record<string, string>): Promise<unknown> => {
    const url = `http://${loopback}:${stack.ports.namenodeHttp}/webhdfs/v1${path}?${new URLSearchParams({ ...query, 'user.name': superuser })}`;
    const late = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const { status, ok, text } = await textOf(url, method, signal ? AbortSignal.any([signal, late]) : late).catch(
      (fault: unknown) => {
        if (signal?.aborted) throw signal.reason;
        throw new ClusterError(`HDFS did not answer ${query.op} of ${path}: ${messageOf(fault)}`);
      },
    );
    if (status === 404) return null;
    if (!ok)
      throw new ClusterError(`HDFS refused ${query.op} of ${path} to ${superuser}, who runs it: ${text.slice(0, 300)}`);
    return text === '' ? true : JSON.parse(text);
  };
}

async function textOf(url: string, method: string, signal: AbortSignal) {
  const answer = await fetch(url, { method, signal });
  return { status: answer.status, ok: answer.ok, text: await answer.text() };
}
