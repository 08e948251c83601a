/**
 * As whom the parts of a start enter the stores: on a secured stack each layer as its own user, else all alike.
 *
 * start.ts asks for the environment of each part, and prepares the stores with `prepareStores`. On a secured stack this
 * process is the administrator, and the users exist only once the daemons have been up.
 */
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import type { Say } from '../../core/process/step-log.ts';
import { prepare } from '../../admin/prepare/prepare.ts';
import type { Places } from '../../admin/reference/places.ts';
import { admitUsers } from '../cluster/admit-users.ts';
import { makeHdfsFolders } from '../cluster/hdfs-folders.ts';
import { administrator, environmentOf } from '../secured/identity.ts';
import type { KafkaUser } from '../secured/secrets.ts';
import { addressesIn } from '../stack/row-store.ts';
import type { Stack } from '../stack/stack.ts';
import { frontEnvironment } from './front.ts';
import { partEnvironment } from './options.ts';

export interface Identities {
  environment(user: KafkaUser): NodeJS.ProcessEnv;
  /** Of this process. */
  readonly config: Config;
}

export function identitiesOf(stack: Stack, others: NodeJS.ProcessEnv, epochSeconds: number): Identities {
  const environment = (user: KafkaUser): NodeJS.ProcessEnv =>
    partEnvironment(others, stack.isSecured ? securedEnvironment(stack, user) : addressesIn(stack), epochSeconds);
  // Tells Kerberos in this process which file names the KDC.
  if (stack.isSecured) administrator(stack);
  return { environment, config: readConfig(environment('admin')) };
}

function securedEnvironment(stack: Stack, user: KafkaUser): Record<string, string> {
  return { ...environmentOf(stack, user), ...(user === 'serving' ? frontEnvironment(stack) : {}) };
}

export async function prepareStores(
  stack: Stack,
  { config }: Identities,
  { say, places, stop }: { say: Say; places: Places; stop: AbortSignal },
): Promise<void> {
  if (stack.isSecured) await admitUsers(stack, say, stop);
  else await makeHdfsFolders(stack, config, stop);
  await prepare(config, say, places, stop);
}
