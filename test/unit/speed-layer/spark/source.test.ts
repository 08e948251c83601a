/** What Spark's client of Kafka is told: the same log as a worker's, and the same entrance. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { KafkaAccess } from '../../../../core/process/kafka-access.ts';
import { checkKafka, sourceOptions } from '../../../../speed-layer/spark/source.ts';

const PLAIN = { KAFKA_BROKERS: 'k:9093', KAFKA_TOPIC: 'detections' };

function entranceOf(given: Omit<KafkaAccess, 'properties'>): Record<string, string> {
  const access = { ...given, properties: [] };
  const plain = sourceOptions(PLAIN, []);
  const all = Object.entries(sourceOptions({ ...PLAIN, KAFKA_ACCESS: access }, []));
  return Object.fromEntries(all.filter(([name]) => plain[name] === undefined));
}

test('a Kafka in plain text gets no setting of an entrance', () => {
  assert.deepEqual(entranceOf({ protocol: 'PLAINTEXT', tls: null, sasl: null }), {});
});

test('a user signs in with SCRAM over TLS, whatever letters the password has', () => {
  const sasl = { mechanism: 'SCRAM-SHA-512', username: 'speed', password: String.raw`a"b\c;d` } as const;
  assert.deepEqual(entranceOf({ protocol: 'SASL_SSL', tls: { ca: 'PEM' }, sasl }), {
    'kafka.security.protocol': 'SASL_SSL',
    'kafka.ssl.truststore.type': 'PEM',
    'kafka.ssl.truststore.certificates': 'PEM',
    'kafka.sasl.mechanism': 'SCRAM-SHA-512',
    'kafka.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required username="speed" ' +
      String.raw`password="a\"b\\c;d";`,
  });
  const plain = entranceOf({ protocol: 'SASL_SSL', tls: {}, sasl: { ...sasl, mechanism: 'PLAIN' } });
  assert.match(plain['kafka.sasl.jaas.config']!, /PlainLoginModule/);
  assert.equal(plain['kafka.ssl.truststore.type'], undefined);
});

test('a certificate of our own goes with its key in the form that Java reads', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const entrance = entranceOf({ protocol: 'SSL', tls: { ca: 'CA', cert: 'CERT', key }, sasl: null });
  assert.equal(entrance['kafka.ssl.keystore.certificate.chain'], 'CERT');
  assert.match(entrance['kafka.ssl.keystore.key']!, /^-----BEGIN PRIVATE KEY-----\n/);
  assert.equal(entrance['kafka.sasl.mechanism'], undefined);
});

test('a way to sign in that Spark does not get is refused', () => {
  const access = { protocol: 'SASL_SSL', tls: {}, properties: [] } as const;
  const gssapi = { mechanism: 'GSSAPI', service: 'kafka', principal: undefined, keytab: undefined } as const;
  checkKafka({ KAFKA_ACCESS: { ...access, sasl: null } });
  assert.throws(
    () => checkKafka({ KAFKA_ACCESS: { ...access, sasl: gssapi } }),
    /is GSSAPI.*PLAIN and SCRAM only.*workers/,
  );
});
