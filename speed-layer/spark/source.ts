/**
 * The options of Spark's source for Kafka: what is read, from where, and how its client enters a secured cluster.
 *
 * plan.ts puts them into each start of the query. They travel on the standard input of the driver and from there with
 * the tasks, never on a command line. Certificates are PEM, as everywhere in Sightline; Kafka's Java client takes them
 * as texts, so no file must lie where an executor runs.
 */
import { createPrivateKey } from 'node:crypto';
import type { Config } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import type { KafkaAccess, KafkaSasl } from '../../core/process/kafka-access.ts';

export type SourceSettings = Pick<Config, 'KAFKA_BROKERS' | 'KAFKA_TOPIC'> & Partial<Pick<Config, 'KAFKA_ACCESS'>>;

export interface Next {
  readonly partition: number;
  readonly offset: number;
}

/** Throws a Refusal where Spark's client cannot sign in as ours do. */
export function checkKafka({ KAFKA_ACCESS: { sasl } }: Pick<Config, 'KAFKA_ACCESS'>): void {
  if (sasl === null || 'password' in sasl) return;
  throw new Refusal(
    EXIT.usage,
    `KAFKA_SASL_MECHANISM is ${sasl.mechanism}, and "speed --engine spark" signs in with PLAIN and SCRAM only. Take ` +
      'workers for this cluster: "sightline speed".',
  );
}

/** Of every partition of the topic. */
export function sourceOptions(settings: SourceSettings, starts: readonly Next[]): Record<string, string> {
  const { KAFKA_BROKERS, KAFKA_TOPIC: topic, KAFKA_ACCESS } = settings;
  const offsets = Object.fromEntries(starts.map(({ partition, offset }) => [partition, offset]));
  return {
    'kafka.bootstrap.servers': KAFKA_BROKERS,
    'kafka.isolation.level': 'read_committed',
    subscribe: topic,
    includeHeaders: 'true',
    startingOffsets: JSON.stringify({ [topic]: offsets }),
    // A reset would be a silent gap.
    failOnDataLoss: 'true',
    ...entrance(KAFKA_ACCESS),
  };
}

/** Empty for plain text. */
function entrance(access: KafkaAccess | undefined): Record<string, string> {
  if (access === undefined || access.protocol === 'PLAINTEXT') return {};
  const { protocol, tls, sasl } = access;
  return {
    'kafka.security.protocol': protocol,
    // Without it the authorities of the JVM count.
    ...(tls?.ca === undefined
      ? {}
      : { 'kafka.ssl.truststore.type': 'PEM', 'kafka.ssl.truststore.certificates': tls.ca }),
    ...(tls?.cert === undefined || tls.key === undefined
      ? {}
      : {
          'kafka.ssl.keystore.type': 'PEM',
          'kafka.ssl.keystore.certificate.chain': tls.cert,
          'kafka.ssl.keystore.key': pkcs8(tls.key),
        }),
    ...(sasl === null || !('password' in sasl)
      ? {}
      : { 'kafka.sasl.mechanism': sasl.mechanism, 'kafka.sasl.jaas.config': jaasOf(sasl) }),
  };
}

type PasswordSasl = Extract<KafkaSasl, { readonly password: string }>;

const MODULES: Readonly<Record<PasswordSasl['mechanism'], string>> = {
  PLAIN: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  'SCRAM-SHA-256': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  'SCRAM-SHA-512': 'org.apache.kafka.common.security.scram.ScramLoginModule',
};

function jaasOf({ mechanism, username, password }: PasswordSasl): string {
  return `${MODULES[mechanism]} required username=${quoted(username)} password=${quoted(password)};`;
}

/** Kafka reads these texts with a StreamTokenizer, where a backslash begins an escape. */
const quoted = (text: string): string => `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;

/** The only form of a key that Kafka's Java client takes. */
const pkcs8 = (key: string): string => createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }).toString();
