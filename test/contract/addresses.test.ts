/**
 * The real stack at IPv6 addresses, the real app on one, and a network whose proxy must not be asked.
 *
 * Relays on ::1 stand before Kafka, ZooKeeper and the NameNode. The daemons of one machine name themselves by
 * 127.0.0.1, so only the addresses that a person sets are IPv6 here; names that servers give themselves are in the unit
 * tests of the HBase client.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { readConfig } from '../../core/process/config.ts';
import { parseHostPorts } from '../../core/process/host-port.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { logAdmin } from '../../core/stores/kafka/admin.ts';
import { logReader } from '../../core/stores/kafka/reader.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';
import { startApp } from '../support/app-process.ts';
import type { ForwardProxy } from '../support/forward-proxy.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { sightline } from '../support/main-job.ts';
import type { Relay } from '../support/relay.ts';
import { startRelay } from '../support/relay.ts';

const PROXY_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
const topic = `contract_${randomBytes(4).toString('hex')}`;
const plain = readConfig({ ...process.env, KAFKA_TOPIC: topic, KAFKA_PARTITIONS: '1' });
const relays: Relay[] = [];
let addresses: Record<'KAFKA_BROKERS' | 'HBASE_ZOOKEEPER' | 'WEBHDFS_URL', string>;
let proxy: ForwardProxy;

before(async () => {
  const targets = [plain.KAFKA_BROKERS, plain.HBASE_ZOOKEEPER, new URL(plain.WEBHDFS_URL).host].map(
    (one) => parseHostPorts(one)![0]!,
  );
  relays.push(...(await Promise.all(targets.map((target) => startRelay('::1', target)))));
  const [kafka, zookeeper, nameNode] = relays.map(({ address }) => address);
  addresses = { KAFKA_BROKERS: kafka!, HBASE_ZOOKEEPER: zookeeper!, WEBHDFS_URL: `http://${nameNode}` };
  proxy = await startForwardProxy();
});

after(async () => {
  await Promise.all([...relays.map((relay) => relay.close()), proxy?.close()]);
});

const proxied = (): Record<string, string> => ({
  ...Object.fromEntries(PROXY_VARIABLES.map((name) => [name, proxy.url])),
  NO_PROXY: '',
  no_proxy: '',
  NODE_USE_ENV_PROXY: '1',
});

test('Kafka, HBase and HDFS are found at IPv6 addresses, by every client that we have', async () => {
  const config = readConfig({ ...process.env, ...addresses, KAFKA_TOPIC: topic, KAFKA_PARTITIONS: '1' });
  const [admin, reader, hbase] = [logAdmin(config), logReader(config), openHBase(config)];
  try {
    assert.equal(await admin.ensureTopics(), 'created');
    assert.match((await admin.facts())!.topicId, /^[0-9a-f]{32}$/);
    for await (const { atEnd, next } of reader.read(0, 0)) {
      assert.deepEqual([atEnd, next], [true, 0]);
      break;
    }
    await hbase.ping();
    assert.ok((await hdfs(config).capacity()).freeBytes > 0);
    assert.deepEqual(
      relays.map((relay) => relay.taken() > 0),
      [true, true, true],
    );
  } finally {
    await Promise.all([admin.close(), reader.close(), hbase.close()]);
  }
});

test('doctor finds everything at IPv6 addresses, with a proxy set, and asks no proxy', async () => {
  const { stdout } = await sightline(['doctor'], { ...process.env, ...addresses, KAFKA_TOPIC: topic, ...proxied() });
  for (const line of [`ok    Kafka at ${addresses.KAFKA_BROKERS}`, `ok    HDFS at ${addresses.WEBHDFS_URL}`])
    assert.ok(stdout.includes(line), stdout);
  assert.match(stdout, /HBase behind \[::1\]:\d+: (?!connection)/);
  assert.deepEqual(proxy.asked, []);
});

for (const host of ['::1', '[::1]']) {
  test(`BIND=${host}: the app prints an address that can be followed, serves pages and answers there, and asks no proxy`, async () => {
    const app = await startApp({ ...addresses, BIND: host, KAFKA_TOPIC: topic, ...proxied() });
    try {
      assert.match(app.address, /^http:\/\/\[::1\]:\d+$/);
      assert.equal((await fetch(`${app.address}/healthz`)).status, 200);
      const page = await fetch(app.address);
      assert.deepEqual([page.status, /<html/i.test(await page.text())], [200, true], app.said());
      assert.equal((await fetch(`${app.address}/api/v1/openapi.json`)).status, 200);
      assert.deepEqual(proxy.asked, []);
    } finally {
      assert.equal(await app.stop(), 0);
    }
  });
}
