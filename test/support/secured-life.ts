/** The life of a secured stack that belongs to one test file: from nothing, in a folder that is removed with it. */
import { rmSync } from 'node:fs';
import { stopOrders } from '../../core/process/life.ts';
import { admitUsers } from '../../hadoop-compose/cluster/admit-users.ts';
import { clusterDown } from '../../hadoop-compose/cluster/down.ts';
import { clusterUp } from '../../hadoop-compose/cluster/up.ts';
import { ensureKerberos } from '../../hadoop-compose/secured/kerberos-package.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';

export const quiet = (): void => undefined;

/** Starts the stack of `home` and lets its users in. An interrupted test drops it too. */
export async function startSecured(stack: Stack, home: string): Promise<void> {
  // Node ends a test that is interrupted without its after().
  stopOrders().stop.addEventListener('abort', () => {
    void dropSecured(stack, home).finally(() => process.exit(130));
  });
  await ensureKerberos(quiet);
  await clusterUp(stack, quiet);
  await admitUsers(stack, quiet);
}

/** Nothing of it is used again, so its daemons are not stopped in order. */
export async function dropSecured(stack: Stack, home: string): Promise<void> {
  await clusterDown(stack, quiet, AbortSignal.abort());
  rmSync(home, { recursive: true, force: true });
}
