// A secured stack of its own: it comes up by one command, its users do their work and no more, every refusal says what
// is wrong, and a client in plain text gets nothing. One start of all daemons.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from '../../core/process/config.ts';
import { decodeToken } from '../../core/process/hadoop-token.ts';
import { clusterStatus } from '../../hadoop-compose/cluster/status.ts';
import { administrator, environmentOf } from '../../hadoop-compose/secured/identity.ts';
import type { KafkaUser } from '../../hadoop-compose/secured/secrets.ts';
import { keytabOf } from '../../hadoop-compose/secured/secrets.ts';
import { addressesOf } from '../../hadoop-compose/stack/ports.ts';
import { secretsFolder } from '../../hadoop-compose/stack/stack.ts';
import { dropSecured, startSecured } from '../support/secured-life.ts';
import {
  answersOf,
  countOnce,
  delegationToken,
  otherAuthority,
  publishAll,
  securedStackIn,
  hbaseToken,
  tokenServer,
} from '../support/secured-stack.ts';
import type { Answers, Published } from '../support/secured-stack.ts';
import { refusalTests } from '../support/secured-refusals.ts';
import { newStackTests, rightsTests } from '../support/secured-rights.ts';

const home = mkdtempSync(join(tmpdir(), 'sightline-secured-'));
/** Beside the stack of the tests and that of cluster.test.ts, and below the ports of outgoing connections. */
const stack = securedStackIn(home, 2_500);
const EPOCH_SECONDS = 15;
const RULES = { EPOCH_SECONDS: String(EPOCH_SECONDS) };
const limit = { timeout: 300_000 };

before(async () => {
  await startSecured(stack, home);
}, limit);
after(async () => {
  await dropSecured(stack, home);
}, limit);

const as = (user: KafkaUser, others: Record<string, string | undefined> = {}): Record<string, string | undefined> => ({
  ...environmentOf(stack, user),
  ...others,
});

function passwordOf(user: KafkaUser): string {
  const { sasl } = readConfig(as(user) as NodeJS.ProcessEnv).KAFKA_ACCESS;
  assert.ok(sasl !== null && 'password' in sasl);
  return sasl.password;
}

test('the stack is ready, and its secrets belong to one user alone', async () => {
  const rows = await clusterStatus(stack);
  assert.deepEqual(
    rows.map(({ daemon, state, detail }) => [daemon, state, detail]),
    rows.map(({ daemon }) => [daemon, 'ready', null]),
  );
  assert.equal(rows[0]!.daemon, 'kdc');
  const folders = [secretsFolder(stack), join(stack.folder, 'conf')];
  for (const entry of folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    assert.equal(statSync(file).mode & 0o077, 0, `${file} is for its owner alone`);
  }
  const commandLines = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout;
  for (const user of ['admin', 'speed'] as const) {
    const password = passwordOf(user);
    assert.ok(!commandLines.includes(password), `no command line holds the password of ${user}`);
  }
});

newStackTests(stack);

let countedBefore = 0;

/** Returns how many detections the cameras published; `meanwhile` is done while the worker goes on. */
async function countSome(meanwhile?: () => Promise<void>): Promise<number> {
  const { sent, counted, said } = await countOnce(as('cameras'), as('speed', RULES), administrator(stack), {
    counted: countedBefore,
    ...(meanwhile === undefined ? {} : { meanwhile }),
  });
  assert.equal(counted, countedBefore + sent, said);
  countedBefore = counted;
  return sent;
}

test('cameras publish and a worker counts, each as its own user', limit, async () => {
  assert.ok((await countSome()) > 0);
});

test('the user batch publishes and proves what was counted', { timeout: 600_000 }, async () => {
  const before = countedBefore;
  let published: Published | undefined;
  const sent = await countSome(async () => {
    await pause(EPOCH_SECONDS * 1_000);
    published = await publishAll(as('batch', RULES), 'duckdb');
  });
  assert.deepEqual(published, { rows: before + sent, results: ['proved'] });
});

rightsTests(stack);

test(
  'tokens of HDFS and of Kafka, tickets for Kafka, and a NameNode that is away: each does its work',
  limit,
  async () => {
    const kafka = ['kafka topic', 'kafka id', 'kafka write'];
    const token = { HDFS_AUTH: 'token', HDFS_TOKEN: await delegationToken(stack), HDFS_FILE_MODE: '640' };
    const away = addressesOf({ ...stack.ports, namenodeHttp: 1 }, true).WEBHDFS_URL;
    const several = { WEBHDFS_URL: '', WEBHDFS_URLS: `${away},${addressesOf(stack.ports, true).WEBHDFS_URL}` };
    const noPassword = { KAFKA_SASL_USERNAME: '', KAFKA_SASL_PASSWORD_FILE: undefined };
    const tickets = { ...noPassword, KAFKA_SASL_MECHANISM: 'GSSAPI' };
    const tokens = await tokenServer(stack);
    const bearer = {
      ...{ ...noPassword, KAFKA_SASL_MECHANISM: 'OAUTHBEARER', KAFKA_OAUTH_TOKEN_URL: tokens.url },
      ...{ KAFKA_OAUTH_CLIENT_ID: 'speed', KAFKA_OAUTH_CLIENT_SECRET: tokens.secret },
    };
    try {
      const answers = [
        ...(await Promise.all([
          answersOf(as('batch', token), ['hdfs read', 'hdfs write']),
          answersOf(as('batch', several), ['hdfs read', 'hdfs write']),
        ])),
        // node-rdkafka may be built without tickets; everything else knows them.
        ...(await Promise.all([
          answersOf(as('speed', tickets), ['kafka topic', 'kafka id']),
          answersOf(as('speed', bearer), kafka),
        ])),
      ];
      for (const found of answers)
        for (const [question, answer] of Object.entries(found)) assert.equal(answer, 'answered', question);
    } finally {
      await tokens.close();
    }
  },
);

test('a client in plain text gets nothing anywhere', limit, async () => {
  const { KAFKA_BROKERS, HBASE_ZOOKEEPER, WEBHDFS_URL } = addressesOf(stack.ports, true);
  const plain = { KAFKA_BROKERS, HBASE_ZOOKEEPER, WEBHDFS_URL: WEBHDFS_URL.replace('https:', 'http:') };
  for (const [question, answer] of Object.entries(await answersOf(plain)))
    assert.notEqual(answer, 'answered', question);
  // TLS alone is not enough: nobody has signed in.
  const unsigned = await answersOf(
    as('serving', {
      ...{ KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SASL_MECHANISM: '', KAFKA_SASL_USERNAME: '' },
      ...{ KAFKA_SASL_PASSWORD_FILE: undefined, HDFS_AUTH: 'simple', HBASE_AUTH: 'simple', ZOOKEEPER_AUTH: 'none' },
      ...{ HADOOP_PRINCIPAL: '', HADOOP_KEYTAB: '' },
    }),
  );
  for (const [question, answer] of Object.entries(unsigned)) assert.notEqual(answer, 'answered', question);
  assert.match(unsigned['hbase read']!, /set ZOOKEEPER_AUTH=sasl/);
  assert.match(unsigned['hdfs read']!, /Set HDFS_AUTH=kerberos/);
});

test(
  'what is wrong with an entrance is said, with its principal, mechanism and host, and without a secret',
  limit,
  async () => {
    const hadoop = ['hbase read', 'hdfs read'];
    const kafka = ['kafka topic', 'kafka id', 'kafka write'];
    const ca = join(home, 'other.pem');
    writeFileSync(ca, otherAuthority());
    const cases: [string, Record<string, string | undefined>, string[], RegExp][] = [
      [
        'no ticket',
        { HADOOP_KEYTAB: '', KRB5CCNAME: 'FILE:/nowhere/tickets' },
        hadoop,
        /serving@SIGHTLINE\.LOCAL to \w+@localhost.*(kinit|There is no ticket)/,
      ],
      [
        'another principal',
        { HADOOP_KEYTAB: keytabOf(stack, 'speed') },
        hadoop,
        /serving@SIGHTLINE\.LOCAL, keytab .*speed\.keytab.*"klist -k"/,
      ],
      [
        'a server of another name',
        { HBASE_SERVICE: 'nobody', ZOOKEEPER_SERVICE: 'nobody' },
        ['hbase read'],
        /nobody@localhost.*knows no such server/,
      ],
      [
        'another authority',
        { HADOOP_CA_FILE: ca, KAFKA_CA_FILE: ca },
        [...hadoop, ...kafka],
        /(_CA must hold|_CA, which must hold).*authority/,
      ],
      [
        'a wrong password',
        { KAFKA_SASL_PASSWORD_FILE: undefined, KAFKA_SASL_PASSWORD: 'not-the-password' },
        kafka,
        /(signing in serving with SCRAM-SHA-512|SASL).*KAFKA_SASL_PASSWORD/,
      ],
      ['a mechanism that is off', { KAFKA_SASL_MECHANISM: 'PLAIN' }, kafka, /KAFKA_SASL_MECHANISM/],
    ];
    const answers = await Promise.all(
      cases.map(([, others, questions]) => answersOf(as('serving', others), questions)),
    );
    const secret = passwordOf('serving');
    cases.forEach(([what, , questions, words], at) => {
      for (const question of questions) {
        const answer: string = (answers[at] as Answers)[question]!;
        assert.match(answer, words, `${what}: ${question}`);
        assert.ok(!answer.includes(secret) && !answer.includes('not-the-password'), `${what}: no secret`);
      }
    });
  },
);

refusalTests(stack, home);

test('the masters tell where HBase is, without ZooKeeper, and a token enters without a ticket', limit, async () => {
  const masters = `localhost:${stack.ports.master}`;
  const rpc = {
    ...{ HBASE_REGISTRY: 'rpc', HBASE_MASTERS: masters, HBASE_ZOOKEEPER: '', ZOOKEEPER_AUTH: '', ZOOKEEPER_TLS: '' },
  };
  const questions = ['hbase read', 'hbase write'];
  const [read, token] = await Promise.all([
    answersOf(as('serving', rpc), ['hbase read']),
    hbaseToken(as('speed', rpc)),
  ]);
  assert.deepEqual(read, { 'hbase read': 'answered' });
  const noTicket = { HDFS_AUTH: 'simple', HADOOP_PRINCIPAL: '', HADOOP_KEYTAB: '', KRB5_CONFIG: '' };
  const byToken = (text: string) => as('speed', { ...rpc, ...noTicket, HBASE_AUTH: 'token', HBASE_TOKEN: text });
  assert.deepEqual(await answersOf(byToken(token), questions), { 'hbase read': 'answered', 'hbase write': 'answered' });
  // The same identifier with another signature.
  const bytes = Buffer.from(token, 'base64url');
  const { identifier } = decodeToken(token)!;
  bytes[identifier.length + 2]! ^= 1;
  const spoiled = bytes.toString('base64url');
  for (const answer of Object.values(await answersOf(byToken(spoiled), questions))) {
    assert.match(answer, /Refusal: HBase refuses .*the server does not accept our token.*HBASE_TOKEN_FILE/s);
    assert.ok(!answer.includes(spoiled), 'no secret');
  }
});
