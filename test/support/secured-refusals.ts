/**
 * What a person reads whom a secured stack does not let in: which principal or user, by which means, at which server,
 * at which step, and what to do; never a secret. Commands end with the exit code for wrong settings.
 *
 * test/contract/secured.test.ts calls it once its stack is up. The daemons are real ones. A wrong clock is that of one
 * process, and a wrong name of a host is another address of this machine, behind which a relay leads to the daemon.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT } from '../../core/process/errors.ts';
import { hostPort } from '../../core/process/host-port.ts';
import { environmentOf } from '../../hadoop-compose/secured/identity.ts';
import type { KafkaUser } from '../../hadoop-compose/secured/secrets.ts';
import { HOST, keytabOf, readSecrets, secretFile } from '../../hadoop-compose/secured/secrets.ts';
import type { Stack } from '../../hadoop-compose/stack/stack.ts';
import { clockAhead } from './clock-ahead.ts';
import { startRelay } from './relay.ts';
import { answersOf, CHILD_LIMIT_MS, delegationToken, run, tokenServer } from './secured-stack.ts';

const limit = { timeout: 300_000 };
type Settings = Record<string, string | undefined>;

/** A command that asks one store alone. */
const COMMAND = { kafka: ['dlq', 'list'], hbase: ['rows', 'show', 'control', 'rules'], hdfs: ['batch', 'report'] };
const AHEAD_SECONDS = 3_600;
const SHORT_SECONDS = 20;
/** A loopback address that no certificate of the stack holds. */
const OTHER_HOST = '127.0.0.2';

export function refusalTests(stack: Stack, folder: string): void {
  const as = (user: KafkaUser, others: Settings): Settings => ({ ...environmentOf(stack, user), ...others });
  const secrets = (): string[] => {
    const { kafka, principals, store, cookies } = readSecrets(stack);
    return [...Object.values(kafka), ...Object.values(principals), store, cookies];
  };

  /** The command is refused with these words, and neither they nor the rest holds a secret. */
  async function isRefused(
    store: keyof typeof COMMAND,
    settings: Settings,
    words: RegExp,
    ...further: string[]
  ): Promise<void> {
    const { said, faults, code } = await run(['sightline.mjs', ...COMMAND[store]], settings, CHILD_LIMIT_MS);
    assert.match(faults, words);
    assert.equal(code, EXIT.usage, faults);
    for (const secret of [...secrets(), ...further]) assert.ok(!(said + faults).includes(secret), 'no secret');
  }

  /** Settings of somebody who has tickets from kinit in a file, and the file: it is filled from a keytab by this. */
  async function kinit(name: string, lines: readonly string[]): Promise<Settings> {
    const conf = join(folder, `${name}.conf`);
    const given = readFileSync(secretFile(stack, 'krb5.conf'), 'utf8');
    writeFileSync(conf, given.replace('[libdefaults]\n', `[libdefaults]\n${lines.join('\n')}\n`));
    const tickets = { KRB5CCNAME: `FILE:${join(folder, `${name}.tickets`)}`, KRB5_CONFIG: conf, HADOOP_KEYTAB: '' };
    const keytab = { KRB5_CLIENT_KTNAME: `FILE:${keytabOf(stack, 'serving')}` };
    const answers = await answersOf(as('serving', { ...tickets, ...keytab }), ['hbase read', 'hdfs read']);
    assert.deepEqual(Object.values(answers), ['answered', 'answered']);
    return as('serving', tickets);
  }

  test('a ticket whose time is over is refused, before any server is asked', limit, async () => {
    const began = Date.now();
    const expired = await kinit('short', [`  ticket_lifetime = ${SHORT_SECONDS}s`]);
    await pause(Math.max(0, began + (SHORT_SECONDS + 5) * 1_000 - Date.now()));
    const words =
      /Kerberos failed at \w[\w ]+ \(serving@SIGHTLINE\.LOCAL to \w+@localhost\): .*expired.*run kinit again/i;
    await Promise.all([isRefused('hbase', expired, words), isRefused('hdfs', expired, words)]);
  });

  test('a clock that is an hour wrong is told, by the KDC and by each server', limit, async () => {
    const clock = clockAhead(folder, AHEAD_SECONDS);
    // With a keytab libkrb5 counts by the KDC's clock.
    const evened = await answersOf(as('serving', clock), ['hbase read', 'hdfs read']);
    assert.deepEqual(Object.values(evened), ['answered', 'answered']);
    const tickets = await kinit('own-clock', ['  kdc_timesync = 0']);
    const wrong = { ...tickets, ...clock };
    const ticket = 'the ticket of serving@SIGHTLINE\\.LOCAL for';
    const rpc = { ...wrong, ...throughMasters(hostPort(HOST, stack.ports.master)) };
    await Promise.all([
      isRefused('hdfs', wrong, new RegExp(`${ticket} HTTP@localhost .*Clock skew.*clocks of this machine and of`, 's')),
      isRefused(
        'hbase',
        wrong,
        new RegExp(`ZooKeeper does not accept ${ticket} zookeeper@localhost.*clocks that differ`),
      ),
    ]);
    const alone = { ...as('serving', clock), KRB5_CONFIG: tickets.KRB5_CONFIG };
    await Promise.all([
      isRefused('hbase', rpc, new RegExp(`does not accept ${ticket} hbase@localhost.*clocks that differ`)),
      isRefused(
        'hbase',
        alone,
        /getting a ticket \(serving@\S+, keytab \S+ to \w+@localhost\): .*Clock skew.*set them/s,
      ),
    ]);
  });

  test('a certificate for another host is refused, wherever it is shown', limit, async () => {
    const daemons = (['kafka', 'zookeeper', 'namenodeHttp', 'master'] as const).map((name) => stack.ports[name]);
    const relays = await Promise.all(daemons.map((port) => startRelay(OTHER_HOST, hostPort(HOST, port))));
    const [kafka = '', zookeeper = '', namenode = '', master = ''] = relays.map(({ address }) => String(address));
    const words =
      /127\.0\.0\.2.*(not for the name of this host|_BROKERS, which these must hold|the name in WEBHDFS_URL)/s;
    const token = { HDFS_AUTH: 'token', HDFS_TOKEN: await delegationToken(stack) };
    try {
      await Promise.all([
        isRefused('kafka', as('operator', { KAFKA_BROKERS: kafka }), words),
        isRefused('hbase', as('serving', { HBASE_ZOOKEEPER: zookeeper }), words),
        isRefused('hdfs', as('batch', { ...token, WEBHDFS_URL: `https://${namenode}` }), words, token.HDFS_TOKEN),
      ]);
      await isRefused('hbase', as('serving', throughMasters(master)), words);
      const questions = ['kafka topic', 'kafka id', 'kafka write'];
      for (const answer of Object.values(await answersOf(as('operator', { KAFKA_BROKERS: kafka }), questions)))
        assert.match(answer, /^Refusal: .*(not for the name of this host|KAFKA_CA)/);
    } finally {
      await Promise.all(relays.map((relay) => relay.close()));
    }
  });

  test('a token of HDFS that is dead or spoiled is refused, and not shown', limit, async () => {
    const [dead, whole] = await Promise.all([delegationToken(stack, 'cancel'), delegationToken(stack)]);
    const words = /HDFS at https:\/\/localhost:\d+: .*of token, bearer and basic check what HDFS_TOKEN/;
    for (const HDFS_TOKEN of [dead, spoilt(whole)])
      await isRefused('hdfs', as('batch', { HDFS_AUTH: 'token', HDFS_TOKEN }), words, HDFS_TOKEN);
  });

  test('a wrong secret at the token server is refused by its address and the name of the client', limit, async () => {
    const tokens = await tokenServer(stack);
    const settings = as('operator', {
      ...{ KAFKA_SASL_USERNAME: '', KAFKA_SASL_PASSWORD_FILE: undefined, KAFKA_SASL_MECHANISM: 'OAUTHBEARER' },
      ...{ KAFKA_OAUTH_TOKEN_URL: tokens.url, KAFKA_OAUTH_CLIENT_ID: 'operator' },
      KAFKA_OAUTH_CLIENT_SECRET: 'not-the-secret',
    });
    const words = new RegExp(
      `the token server at ${new URL(tokens.url).origin}, asked as operator, gives no token \\(status 401, ` +
        'invalid_client\\)\\. Check KAFKA_OAUTH_TOKEN_URL, .*KAFKA_OAUTH_CLIENT_SECRET',
    );
    try {
      await isRefused('kafka', settings, words, 'not-the-secret');
      const questions = ['kafka topic', 'kafka id', 'kafka write'];
      for (const answer of Object.values(await answersOf(settings, questions))) assert.match(answer, words);
      assert.equal(tokens.given(), 0);
    } finally {
      await tokens.close();
    }
  });
}

/** HBase is found without ZooKeeper. */
function throughMasters(address: string): Settings {
  const without = { HBASE_ZOOKEEPER: '', ZOOKEEPER_AUTH: '', ZOOKEEPER_TLS: '' };
  return { ...without, HBASE_REGISTRY: 'rpc', HBASE_MASTERS: address };
}

/** Its password is another one: the bytes before the length of its kind, which is a text (Hadoop's Token.java). */
function spoilt(token: string): string {
  const bytes = Buffer.from(token, 'base64url');
  const kind = /S?WEBHDFS delegation|HDFS_DELEGATION_TOKEN/.exec(bytes.toString('latin1'));
  assert.ok(kind, 'the kind of the token');
  bytes[kind.index - 2]! ^= 1;
  return bytes.toString('base64url');
}
