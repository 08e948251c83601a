/**
 * With which settings somebody enters a secured stack: what the layers need to be told, for each user.
 *
 * `sightline cluster up --secured` prints where they are and runs `prepare` with them (cluster/admit-users.ts); the
 * probes work as `admin`. Secrets are named as files (`…_FILE`), so that an environment that is printed shows none.
 */
import { writeFile } from 'node:fs/promises';
import { readConfig } from '../../core/process/config.ts';
import type { Config } from '../../core/process/config.ts';
import { addressesOf } from '../stack/ports.ts';
import { confFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { KAFKA_USERS, keytabOf, principalOf, secretFile } from './secrets.ts';
import type { KafkaUser } from './secrets.ts';

export function environmentOf(stack: Stack, user: KafkaUser): Record<string, string> {
  const addresses = addressesOf(stack.ports, true);
  const ca = secretFile(stack, 'ca.pem');
  const kafka = {
    KAFKA_BROKERS: addresses.KAFKA_BROKERS,
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_CA_FILE: ca,
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD_FILE: secretFile(stack, `${user}.password`),
  };
  if (user === 'cameras') return kafka;
  return {
    ...addresses,
    ...kafka,
    HDFS_AUTH: 'kerberos',
    HBASE_AUTH: 'kerberos',
    HBASE_TLS: 'true',
    ZOOKEEPER_AUTH: 'sasl',
    ZOOKEEPER_TLS: 'true',
    HADOOP_PRINCIPAL: principalOf(user),
    HADOOP_KEYTAB: keytabOf(stack, user),
    HADOOP_CA_FILE: ca,
    HADOOP_CONF_DIR: confFolder(stack, 'client'),
    KRB5_CONFIG: secretFile(stack, 'krb5.conf'),
  };
}

/** One file a user, for a shell (`set -a; . FILE`) and for services. */
export async function writeEnvironments(stack: Stack): Promise<void> {
  for (const user of KAFKA_USERS) {
    const lines = Object.entries(environmentOf(stack, user)).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(secretFile(stack, `${user}.env`), lines.join(''), { mode: 0o600 });
  }
}

/** The administrator of the stack, as whom this process then is known to Kerberos. */
export function administrator(stack: Stack): Config {
  const environment = environmentOf(stack, 'admin');
  process.env.KRB5_CONFIG = environment.KRB5_CONFIG;
  return readConfig(environment as unknown as NodeJS.ProcessEnv);
}
