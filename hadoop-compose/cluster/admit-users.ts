/**
 * Gives the users of a secured stack what admin/prepare/grants.ts names, as its administrator, and then prepares topics
 * and tables as the user `prepare`, who administers nothing else.
 *
 * command.ts calls it when the daemons are ready; all of it may be repeated. `prepare` runs in a process of its own,
 * since a process is one identity to Kerberos.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grantsFor } from '../../admin/prepare/grants.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import type { Say } from '../../core/process/step-log.ts';
import { allow } from '../../core/stores/kafka/acls.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';
import { ClusterError, throwIfStopped } from '../stack/errors.ts';
import type { Stack } from '../stack/stack.ts';
import { makeOwnedFolders } from './hdfs-folders.ts';
import { LAPTOP } from './laptop.ts';
import { administrator, environmentOf, writeEnvironments } from '../secured/identity.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PREPARE_LIMIT_MS = 180_000;

export async function admitUsers(stack: Stack, say: Say, stop?: AbortSignal): Promise<void> {
  await writeEnvironments(stack);
  const config = administrator(stack);
  const grants = grantsFor(config, (layer) => layer);
  const retry = <T>(work: () => Promise<T>): Promise<T> =>
    withRetry(COMMAND_RETRY, work, {
      onRetry: (fault) => say('cluster', `${fault.message}; trying again`),
      ...(stop ? { signal: stop } : {}),
    });
  await Promise.all([
    retry(() => allow(config, grants.kafka)),
    retry(() => makeOwnedFolders(stack, 'admin', grants.hdfs, stop)),
    retry(async () => {
      const hbase = openHBase(config);
      try {
        await hbase.admin.ensureNamespace(config.HBASE_NAMESPACE);
        for (const { user, actions } of grants.hbase) await hbase.admin.grant(user, config.HBASE_NAMESPACE, actions);
      } finally {
        await hbase.close();
      }
    }),
  ]);
  say('cluster', 'users have their rights');
  throwIfStopped(stop);
  await prepareAs(stack, say, stop);
}

async function prepareAs(stack: Stack, say: Say, stop: AbortSignal | undefined): Promise<void> {
  const env = { ...LAPTOP, ...process.env, ...environmentOf(stack, 'prepare') };
  await new Promise<void>((resolve, reject) => {
    execFile(
      process.execPath,
      [join(ROOT, 'sightline.mjs'), 'prepare'],
      { env, cwd: ROOT, timeout: PREPARE_LIMIT_MS, ...(stop ? { signal: stop } : {}) },
      (fault, _, said) => {
        if (!fault) return resolve();
        if (stop?.aborted) return reject(stop.reason as Error);
        reject(new ClusterError(`"sightline prepare" as user prepare failed:\n${said.trim().slice(-2_000)}`));
      },
    );
  });
  say('cluster', 'topics and tables are there');
}
