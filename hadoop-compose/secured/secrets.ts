/**
 * The secrets of a secured stack, and the names that go with them: who signs in, as what, with which file.
 *
 * make-secrets.ts makes them once, on an empty stack; cluster/conf/secured.ts, programs.ts and identity.ts read them.
 * They live as long as the data, since Kafka keeps passwords in it; `cluster reset` deletes both. The folder and every
 * file in it belong to one user alone.
 *
 *     secrets/ passwords.json  krb5.conf  ca.pem  server.p12  server.pem  server.key  trust.p12  token.key  token-keys.json
 *              keytabs/<name>.keytab  <user>.env  <user>.password
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ClusterError } from '../stack/errors.ts';
import { secretsFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';

export const REALM = 'SIGHTLINE.LOCAL';
/** Names in certificates and principals: each daemon accepts the one that it signed in with. */
export const HOST = 'localhost';

/** The product's users: one a layer, and the cameras. None of them administers anything. */
export const LAYERS = ['speed', 'batch', 'serving', 'prepare', 'operator'] as const;
export type Layer = (typeof LAYERS)[number];
export const KAFKA_USERS = ['admin', ...LAYERS, 'cameras'] as const;
export type KafkaUser = (typeof KAFKA_USERS)[number];

/** Principals by keytab. */
export const KEYTABS: Readonly<Record<string, readonly string[]>> = {
  namenode: [`nn/${HOST}`],
  datanode: [`dn/${HOST}`],
  http: [`HTTP/${HOST}`],
  hbase: [`hbase/${HOST}`],
  zookeeper: [`zookeeper/${HOST}`],
  kafka: [`kafka/${HOST}`],
  admin: ['admin'],
  ...Object.fromEntries(LAYERS.map((layer) => [layer, [layer]])),
};

export const principalOf = (name: string): string => `${name}@${REALM}`;

const Secrets = z.object({
  /** Of each principal, and of the KDC's own (krbtgt/REALM). */
  principals: z.record(z.string(), z.string()),
  kafka: z.record(z.string(), z.string()),
  /** Opens server.p12 and trust.p12. */
  store: z.string(),
  /** Signs the cookies of HDFS and HBase. */
  cookies: z.string(),
});
export type Secrets = z.infer<typeof Secrets>;

export const secretFile = (stack: Pick<Stack, 'folder'>, name: string): string => join(secretsFolder(stack), name);
export const keytabOf = (stack: Pick<Stack, 'folder'>, name: string): string =>
  secretFile(stack, join('keytabs', `${name}.keytab`));

export function readSecrets(stack: Pick<Stack, 'folder'>): Secrets {
  const file = secretFile(stack, 'passwords.json');
  try {
    return Secrets.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new ClusterError(
      `The secrets of the secured stack are not in ${file}, or not whole. "sightline cluster up --secured" makes ` +
        'them on an empty stack; "sightline cluster reset --secured" empties it.',
    );
  }
}

export function kafkaPassword({ kafka }: Secrets, user: KafkaUser): string {
  return kafka[user]!;
}
