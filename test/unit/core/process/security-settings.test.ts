// Entering a secured cluster: what is given is handed on, and a combination that cannot work is named with its reason.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfig as read } from '../../../../core/process/config.ts';
import { EXIT, Refusal } from '../../../../core/process/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;
const readConfig = (environment: Environment): ReturnType<typeof read> => read(environment as NodeJS.ProcessEnv);

const folder = mkdtempSync(join(tmpdir(), 'sightline-security-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const keytab = join(folder, 'speed.keytab');
writeFileSync(keytab, 'x');
const pem = (name: string): string =>
  readFileSync(new URL(`../../../support/tls/${name}`, import.meta.url), 'utf8').trim();
const [cert, key, otherKey] = [pem('first.crt'), pem('first.key'), pem('second.key')];

const SASL = {
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
  KAFKA_SASL_USERNAME: 'speed',
  KAFKA_SASL_PASSWORD: 'pw',
};
const KERBEROS = {
  HDFS_AUTH: 'kerberos',
  HBASE_AUTH: 'kerberos',
  HADOOP_PRINCIPAL: 'speed@EXAMPLE.ORG',
  HADOOP_KEYTAB: keytab,
};

test('without any of these settings the clients speak plain text, as a name', () => {
  const { KAFKA_ACCESS, HADOOP_ACCESS } = readConfig({});
  assert.deepEqual(KAFKA_ACCESS, { protocol: 'PLAINTEXT', tls: null, sasl: null });
  assert.deepEqual(HADOOP_ACCESS.hbase, { tls: null, kerberos: null, masters: undefined });
  assert.deepEqual(HADOOP_ACCESS.zookeeper, { tls: null, kerberos: null });
  assert.equal(HADOOP_ACCESS.hdfs.kerberos, null);
});

test('everything at once is handed on, a password and certificates out of files', () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const { KAFKA_ACCESS, HADOOP_ACCESS } = readConfig({
    ...SASL,
    KAFKA_SASL_PASSWORD: undefined,
    KAFKA_SASL_PASSWORD_FILE: file('pw', 'secret\n'),
    KAFKA_CA_FILE: file('ca', cert),
    KAFKA_CERT: cert,
    KAFKA_KEY: key,
    ...KERBEROS,
    HBASE_TLS: 'true',
    HADOOP_CA_FILE: file('hadoop-ca', cert),
    ZOOKEEPER_AUTH: 'sasl',
    ZOOKEEPER_TLS: 'true',
    WEBHDFS_URL: 'https://namenode:9871',
  });
  assert.deepEqual(KAFKA_ACCESS.sasl, { mechanism: 'SCRAM-SHA-512', username: 'speed', password: 'secret' });
  assert.deepEqual(KAFKA_ACCESS.tls, { ca: cert, cert, key });
  const identity = { principal: 'speed@EXAMPLE.ORG', keytab };
  assert.deepEqual(HADOOP_ACCESS.hdfs.kerberos, identity);
  assert.deepEqual(HADOOP_ACCESS.hbase.kerberos, { service: 'hbase', identity });
  assert.deepEqual(HADOOP_ACCESS.zookeeper.kerberos, { service: 'zookeeper', identity });
  assert.deepEqual(HADOOP_ACCESS.hbase.tls, { ca: cert });
});

const REFUSED: readonly (readonly [string, Environment, RegExp])[] = [
  ['a sign-in without a password', { ...SASL, KAFKA_SASL_PASSWORD: '' }, /KAFKA_SASL_PASSWORD: .* signs in with it/],
  [
    'a password that nobody asks for',
    { KAFKA_SASL_PASSWORD: 'pw' },
    /KAFKA_SASL_PASSWORD: .*PLAINTEXT does not sign in/,
  ],
  [
    'a password in plain text',
    { ...SASL, KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', KAFKA_SASL_MECHANISM: 'PLAIN' },
    /KAFKA_SASL_MECHANISM: PLAIN would send the password in plain text/,
  ],
  ['an authority without TLS', { KAFKA_CA: cert }, /KAFKA_CA: .*has no TLS/],
  [
    'an authority that is none',
    { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_CA: '/etc/ca.pem' },
    /KAFKA_CA: .*KAFKA_CA_FILE=<path>/,
  ],
  [
    'a certificate without its key',
    { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_CERT: cert },
    /KAFKA_KEY: KAFKA_CERT is of no use/,
  ],
  [
    'the key of another certificate',
    { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_CERT: cert, KAFKA_KEY: otherKey },
    /KAFKA_KEY: it is not the key of KAFKA_CERT/,
  ],
  ['a keytab that nothing uses', { HADOOP_KEYTAB: keytab }, /HADOOP_KEYTAB: nothing signs in with Kerberos/],
  [
    'a keytab without a principal',
    { HDFS_AUTH: 'kerberos', HADOOP_KEYTAB: keytab },
    /HADOOP_PRINCIPAL: .*say which one/,
  ],
  ['half a principal', { ...KERBEROS, HADOOP_PRINCIPAL: 'speed' }, /HADOOP_PRINCIPAL: expected the whole principal/],
  [
    'a keytab that is not there',
    { ...KERBEROS, HADOOP_KEYTAB: '/nowhere/k' },
    /HADOOP_KEYTAB: \/nowhere\/k cannot be read/,
  ],
  ['a user beside a principal', { ...KERBEROS, HADOOP_USER: 'x' }, /HADOOP_USER: .*from the principal/],
  ['masters that nobody asks', { HBASE_MASTERS: 'm:16000' }, /HBASE_MASTERS: .*does not ask the masters/],
  ['no masters to ask', { HBASE_REGISTRY: 'rpc' }, /HBASE_MASTERS: .*none is named/],
  [
    'a ZooKeeper that nobody asks',
    { HBASE_REGISTRY: 'rpc', HBASE_MASTERS: 'm:16000', ZOOKEEPER_TLS: 'true' },
    /ZOOKEEPER_TLS: HBASE_REGISTRY=rpc asks no ZooKeeper/,
  ],
  ['an authority of Hadoop without TLS', { HADOOP_CA: cert }, /HADOOP_CA: nothing speaks TLS/],
];

for (const [what, environment, words] of REFUSED)
  test(`${what} is refused with the reason`, () => {
    assert.throws(
      () => readConfig(environment),
      (fault) => {
        assert.ok(fault instanceof Refusal && fault.exitCode === EXIT.usage);
        assert.match(fault.message, words);
        assert.ok(!fault.message.includes('PRIVATE KEY-----'), 'no key is shown');
        return true;
      },
    );
  });
