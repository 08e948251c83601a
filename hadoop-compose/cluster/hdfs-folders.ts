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
import type { Stack } from '../stack/stack.ts';
import { activeNameNode } from './beans.ts';
import { askWeb } from './web.ts';

type Wishes = Pick<Config, 'HADOOP_USER' | 'SIGHTLINE_ROOT'>;

/** A folder, whose it becomes, and who may look into it. */
export interface OwnedFolder {
  readonly path: string;
  readonly owner: string;
  readonly mode: string;
}

const ANSWER_LIMIT_MS = 30_000;
const Status = z.object({ FileStatus: z.object({ owner: z.string() }) });

export async function makeHdfsFolders(
  stack: Stack,
  { HADOOP_USER: user, SIGHTLINE_ROOT: root }: Wishes,
  signal?: AbortSignal,
): Promise<void> {
  // The second is where Spark puts what it sends to a cluster.
  const folders = [root, `/user/${user}`].map((path) => ({ path, owner: user, mode: '0755' }));
  await makeOwnedFolders(stack, userInfo().username, folders, signal);
}

export async function makeOwnedFolders(
  stack: Stack,
  superuser: string,
  folders: readonly OwnedFolder[],
  signal?: AbortSignal,
): Promise<void> {
  const ask = asSuperuser(stack, superuser, signal);
  for (const { path, owner: wanted, mode } of folders) {
    const found = await ask('GET', path, { op: 'GETFILESTATUS' });
    const owner = found === null ? null : Status.parse(found).FileStatus.owner;
    if (owner === null) await ask('PUT', path, { op: 'MKDIRS', permission: mode });
    if (owner === null || owner === superuser) await ask('PUT', path, { op: 'SETOWNER', owner: wanted });
  }
}

/** Asks WebHDFS; null if there is no such path. */
function asSuperuser(stack: Stack, superuser: string, signal: AbortSignal | undefined) {
  return async (method: string, path: string, query: Record<string, string>): Promise<unknown> => {
    // A secured NameNode knows from the ticket who asks.
    const who: Record<string, string> = stack.isSecured ? {} : { 'user.name': superuser };
    const late = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const question = {
      port: stack.ports[await activeNameNode(stack)],
      path: `/webhdfs/v1${path}?${new URLSearchParams({ ...query, ...who })}`,
      method,
      signal: signal ? AbortSignal.any([signal, late]) : late,
    };
    const { status, text } = await askWeb(stack, question).catch((fault: unknown) => {
      if (signal?.aborted) throw signal.reason;
      throw new ClusterError(`HDFS did not answer ${query.op} of ${path}: ${messageOf(fault)}`);
    });
    if (status === 404) return null;
    if (status >= 300)
      throw new ClusterError(`HDFS refused ${query.op} of ${path} to ${superuser}, who runs it: ${text.slice(0, 300)}`);
    return text === '' ? true : JSON.parse(text);
  };
}
