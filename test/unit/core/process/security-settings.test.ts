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
const OAUTH = {
  KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
  KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
  KAFKA_OAUTH_TOKEN_URL: 'https://id.example.org/token',
  KAFKA_OAUTH_CLIENT_ID: 'speed',
  KAFKA_OAUTH_CLIENT_SECRET: 'cs',
};
const KERBEROS = {
  HDFS_AUTH: 'kerberos',
  HBASE_AUTH: 'kerberos',
  HADOOP_PRINCIPAL: 'speed@EXAMPLE.ORG',
  HADOOP_KEYTAB: keytab,
};

const tokenOf = (kind: string): string =>
  Buffer.concat(
    ['me', 'pw', kind, ''].map((text) => Buffer.from(`${String.fromCharCode(text.length)}${text}`)),
  ).toString('base64url');
const hbaseToken = tokenOf('HBASE_AUTH_TOKEN');

test('without any of these settings the clients speak plain text, as a name', () => {
  const { KAFKA_ACCESS, HADOOP_ACCESS } = readConfig({});
  assert.deepEqual(KAFKA_ACCESS, { protocol: 'PLAINTEXT', tls: null, sasl: null, properties: [] });
  assert.deepEqual(HADOOP_ACCESS.hbase, { tls: null, kerberos: null, token: null, masters: undefined });
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

test('NameNodes, a token in a file, a client for tokens and properties are handed on', () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'abc\n');
  const config = readConfig({
    ...OAUTH,
    KAFKA_PROPERTIES: '# slow line\nsocket.timeout.ms = 1000',
    WEBHDFS_URLS: 'https://a:9871, https://b:9871/',
    HDFS_AUTH: 'token',
    HDFS_TOKEN_FILE: file,
  });
  assert.deepEqual([config.WEBHDFS_URL, config.WEBHDFS_URLS], ['https://a:9871', ['https://a:9871', 'https://b:9871']]);
  assert.deepEqual(config.HADOOP_ACCESS.hdfs.credential, { kind: 'token', token: 'abc', file });
  assert.deepEqual(config.KAFKA_ACCESS.properties, [['socket.timeout.ms', '1000']]);
  assert.deepEqual(config.KAFKA_ACCESS.sasl, {
    mechanism: 'OAUTHBEARER',
    client: { tokenUrl: OAUTH.KAFKA_OAUTH_TOKEN_URL, clientId: 'speed', clientSecret: 'cs', scope: undefined },
  });
});

test('a token of HBase in a file is handed on with its file', () => {
  const file = join(folder, 'hbase-token');
  writeFileSync(file, `${hbaseToken}\n`);
  const { HADOOP_ACCESS } = readConfig({ HBASE_AUTH: 'token', HBASE_TOKEN_FILE: file });
  assert.deepEqual(HADOOP_ACCESS.hbase.token, { variable: 'HBASE_TOKEN', token: hbaseToken, file });
  assert.equal(HADOOP_ACCESS.hbase.kerberos, null);
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
  ['a list of one NameNode', { WEBHDFS_URLS: 'http://a:9870' }, /WEBHDFS_URLS: expected two addresses or more/],
  [
    'NameNodes named twice',
    { WEBHDFS_URLS: 'http://a:9870,http://b:9870', WEBHDFS_URL: 'http://a:9870' },
    /WEBHDFS_URL: WEBHDFS_URLS names the NameNodes already/,
  ],
  [
    'NameNodes with TLS and without',
    { WEBHDFS_URLS: 'http://a:9870,https://b:9871' },
    /WEBHDFS_URLS: all of them begin with http/,
  ],
  [
    'a token that is not there',
    { HDFS_AUTH: 'token', WEBHDFS_URL: 'https://a:9871' },
    /HDFS_TOKEN: HDFS_AUTH=token enters with it/,
  ],
  [
    'a password for Knox in plain text',
    { HDFS_AUTH: 'basic', HDFS_USERNAME: 'x', HDFS_PASSWORD: 'pw', WEBHDFS_URL: 'http://knox:8443/gateway/default' },
    /HDFS_AUTH: basic would send a secret in plain text/,
  ],
  ['a token that nothing uses', { HDFS_TOKEN: 'x' }, /HDFS_TOKEN: HDFS_AUTH=simple does not use it/],
  ['no token for HBase', { HBASE_AUTH: 'token' }, /HBASE_TOKEN: HBASE_AUTH=token enters with it/],
  [
    'a token for HBase that nothing uses',
    { HBASE_TOKEN: hbaseToken },
    /HBASE_TOKEN: HBASE_AUTH=simple does not use it/,
  ],
  [
    'a token of HDFS for HBase',
    { HBASE_AUTH: 'token', HBASE_TOKEN: tokenOf('HDFS_DELEGATION_TOKEN') },
    /HBASE_TOKEN: expected a token of kind HBASE_AUTH_TOKEN/,
  ],
  ['a mode that is none', { HDFS_FILE_MODE: '999' }, /HDFS_FILE_MODE: expected three octal digits/],
  [
    'OAUTHBEARER without a server for tokens',
    { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_MECHANISM: 'OAUTHBEARER' },
    /KAFKA_OAUTH_TOKEN_URL: .*signs in with it/,
  ],
  [
    'a token in plain text',
    { ...OAUTH, KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT' },
    /OAUTHBEARER would send the token in plain text/,
  ],
  [
    'a server for tokens without TLS',
    { ...OAUTH, KAFKA_OAUTH_TOKEN_URL: 'http://id.example.org/token' },
    /KAFKA_OAUTH_TOKEN_URL: the secret of the client would cross the network/,
  ],
  ['a password beside a token', { ...OAUTH, KAFKA_SASL_PASSWORD: 'pw' }, /KAFKA_SASL_PASSWORD: .*does not use it/],
  [
    'a property that counting rests on',
    { KAFKA_PROPERTIES: 'socket.timeout.ms=1000; isolation.level=read_uncommitted' },
    /KAFKA_PROPERTIES: isolation\.level has a setting of its own/,
  ],
  ['a property that is none', { KAFKA_PROPERTIES: 'socket.timeout.ms' }, /KAFKA_PROPERTIES: expected name=value/],
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
