/**
 * What the daemons of a secured stack are started with besides: the KDC itself, Kafka's first users, options of Java.
 *
 * cluster/daemons.ts and cluster/launch.ts ask here; a plain stack gets nothing. Passwords stand in files of one
 * user alone and never on a command line, which everybody on the machine may read.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from '../stack/program.ts';
import { confFolder, dataFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { KAFKA_USERS, kafkaPassword, readSecrets, REALM, secretFile } from './secrets.ts';
import { TOKEN_KEYS_FILE, tokenKeysUrl } from './token-key.ts';

const KDC = fileURLToPath(new URL('Kdc.java', import.meta.url));
/** How long a ticket lives; SIGHTLINE_TICKET_SECONDS shortens it, so that a test sees tickets end. */
const TICKET_SECONDS = 36_000;

export function kdcProgram(stack: Stack): Program {
  const seconds = Number(process.env.SIGHTLINE_TICKET_SECONDS ?? TICKET_SECONDS);
  return {
    mainClass: KDC,
    args: [
      ...[REALM, String(stack.ports.kdc), dataFolder(stack, 'kdc')],
      ...[secretFile(stack, 'principals'), secretFile(stack, 'keytabs'), String(seconds)],
    ],
  };
}

/** Formats Kafka's folder; a secured one begins with its users, whose passwords java reads from a file. */
export function kafkaFormat(stack: Stack, args: readonly string[]): Program {
  const mainClass = 'kafka.tools.StorageTool';
  if (!stack.isSecured) return { mainClass, args };
  const secrets = readSecrets(stack);
  const users = KAFKA_USERS.flatMap((user) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${user},password=${kafkaPassword(secrets, user)}]`,
  ]);
  const file = join(confFolder(stack, 'kafka'), 'format.args');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, [mainClass, ...args, ...users].map((word) => `"${word}"\n`).join(''), { mode: 0o600 });
  return { mainClass: `@${file}`, args: [] };
}

/** Options of Java for a daemon of this family. */
export function securedOptions(stack: Stack, family: string): readonly string[] {
  if (!stack.isSecured || family === 'kdc') return [];
  const jaas = `-Djava.security.auth.login.config=${join(confFolder(stack, 'zookeeper'), 'jaas.conf')}`;
  const zookeeperClient = [
    '-Dzookeeper.client.secure=true',
    '-Dzookeeper.clientCnxnSocket=org.apache.zookeeper.ClientCnxnSocketNetty',
    `-Dzookeeper.ssl.trustStore.location=${secretFile(stack, 'ca.pem')}`,
    '-Dzookeeper.ssl.trustStore.type=PEM',
  ];
  return [
    `-Djava.security.krb5.conf=${secretFile(stack, 'krb5.conf')}`,
    ...(family === 'zookeeper' ? [jaas] : []),
    ...(family === 'hbase' ? zookeeperClient : []),
    // Kafka reads keys for tokens only from where it is told that they may come from.
    ...(family === 'kafka'
      ? [
          `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${tokenKeysUrl(stack)}`,
          `-Dorg.apache.kafka.sasl.oauthbearer.allowed.files=${secretFile(stack, TOKEN_KEYS_FILE)}`,
        ]
      : []),
  ];
}
