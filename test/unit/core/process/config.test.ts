import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readConfig } from '../../../../core/process/config.ts';
import { EXIT, Refusal } from '../../../../core/process/errors.ts';

function refusalOf(environment: NodeJS.ProcessEnv): Refusal {
  try {
    readConfig(environment);
  } catch (thrown) {
    assert.ok(thrown instanceof Refusal);
    return thrown;
  }
  assert.fail('the configuration was taken');
}

const environment = (given: Record<string, string>): NodeJS.ProcessEnv => given as NodeJS.ProcessEnv;

describe('the configuration', () => {
  it('needs nothing on the first machine', () => {
    const config = readConfig(environment({}));
    assert.equal(config.KAFKA_BROKERS, '127.0.0.1:9092');
    assert.equal(config.EPOCH_SECONDS, 86_400);
    assert.equal(config.KAFKA_DEAD_LETTER_TOPIC, 'detections.dlq');
  });

  it('names every variable at fault in one refusal', () => {
    const refusal = refusalOf(
      environment({ EPOCH_SECONDS: '7', PORT: 'x', SIGHTLINE_ROOT: 'here', KAFKA_BROKERS: 'no port' }),
    );
    assert.equal(refusal.exitCode, EXIT.usage);
    for (const name of ['EPOCH_SECONDS', 'PORT', 'SIGHTLINE_ROOT', 'KAFKA_BROKERS'])
      assert.match(refusal.message, new RegExp(name));
  });

  it('reads NAME_FILE in place of NAME, and names a file that cannot be read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-config-'));
    writeFileSync(join(folder, 'user'), 'camera-team\n');
    assert.equal(readConfig(environment({ HADOOP_USER_FILE: join(folder, 'user') })).HADOOP_USER, 'camera-team');
    assert.match(refusalOf(environment({ HADOOP_USER_FILE: join(folder, 'nothing') })).message, /HADOOP_USER_FILE/);
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes IPv6 addresses in brackets, for servers and to listen on, and writes them one way', () => {
    const config = readConfig(
      environment({
        KAFKA_BROKERS: '[::1]:9092, kafka-2:9092',
        HBASE_ZOOKEEPER: '[FD00::7]:2181',
        WEBHDFS_URL: 'http://[::1]:9870/',
        BIND: '[::1]',
      }),
    );
    assert.deepEqual(
      [config.KAFKA_BROKERS, config.HBASE_ZOOKEEPER, config.WEBHDFS_URL, config.BIND],
      ['[::1]:9092,kafka-2:9092', '[fd00::7]:2181', 'http://[::1]:9870', '::1'],
    );
    for (const [name, wrong] of [
      ['KAFKA_BROKERS', '::1:9092'],
      ['HBASE_ZOOKEEPER', '::1'],
      ['BIND', '[::1]:3000'],
      ['BIND', 'fe80::1%eth0'],
      ['BIND', 'http://x'],
    ] as const) {
      const { message, exitCode } = refusalOf(environment({ [name]: wrong }));
      assert.equal(exitCode, EXIT.usage);
      assert.match(message, new RegExp(`${name}: expected .*found`));
    }
  });

  it('refuses a WEBHDFS_URL that says more than which server, or which path on a gateway', () => {
    for (const url of ['http://namenode:9870', 'http://namenode:9870/', 'https://namenode'])
      assert.equal(readConfig(environment({ WEBHDFS_URL: url })).WEBHDFS_URL, new URL(url).origin);
    const gateway = 'https://knox:8443/gateway/default';
    assert.equal(readConfig(environment({ WEBHDFS_URL: `${gateway}/` })).WEBHDFS_URL, gateway);
    const cases = {
      'http://namenode:9870/webhdfs/v1': /found \/webhdfs\/v1 in it/,
      'http://alice:secret@namenode:9870': /a user/,
      'http://namenode:9870/?user.name=alice': /a query/,
      'http://namenode:9870/#x': /a query/,
      'hdfs://namenode:8020': /expected http/,
      'namenode:9870': /WEBHDFS_URL/,
    };
    for (const [url, says] of Object.entries(cases)) {
      const { message, exitCode } = refusalOf(environment({ WEBHDFS_URL: url }));
      assert.equal(exitCode, EXIT.usage);
      assert.match(message, says, url);
      assert.doesNotMatch(message, /secret/);
    }
  });

  it('refuses names that mean something else in a URL, a file pattern, SQL or ZooKeeper', () => {
    for (const root of ['/sightline', '/user/alice/sight-line_2.0', '/a=1/b@c~d+e,f'])
      assert.equal(readConfig(environment({ SIGHTLINE_ROOT: root })).SIGHTLINE_ROOT, root);
    for (const root of [
      '/',
      '//x',
      '/x/',
      'x',
      '/a b',
      '/a%20b',
      '/größe',
      "/o'hara",
      '/a?b',
      '/a#b',
      '/a*',
      '/{a}',
      '/a/../b',
      '/.',
      '/a:b',
      '/a\\b',
      '/a\nb',
    ]) {
      const { message, exitCode } = refusalOf(environment({ SIGHTLINE_ROOT: root }));
      assert.equal(exitCode, EXIT.usage);
      assert.match(message, /SIGHTLINE_ROOT: expected an absolute path/, root);
    }
    for (const [name, wrong] of [
      ['KAFKA_TOPIC', 'a b'],
      ['KAFKA_TOPIC', 'größe'],
      ['KAFKA_DEAD_LETTER_TOPIC', '..'],
      ['HBASE_ZNODE', '/hbase/'],
      ['HBASE_ZNODE', '/'],
      ['HBASE_ZNODE', 'hbase'],
    ] as const) {
      assert.match(refusalOf(environment({ [name]: wrong })).message, new RegExp(`${name}: expected`), wrong);
    }
  });

  it('takes an empty variable for one that is not set', () => {
    assert.equal(readConfig(environment({ PORT: '' })).PORT, 3_000);
  });
});
