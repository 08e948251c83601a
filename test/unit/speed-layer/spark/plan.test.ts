/** What the supervisor asks of Spark: every partition from its progress, committed records only, a slot for each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../../core/process/config.ts';
import {
  checkKerberos,
  checkSlots,
  checkStores,
  driverHost,
  executorEnvironment,
  executorProgram,
  masterFor,
  startOrder,
  submitEnvironment,
} from '../../../../speed-layer/spark/plan.ts';

const CONFIG = { KAFKA_BROKERS: '127.0.0.1:9092', KAFKA_TOPIC: 'detections' };
const STARTS = [
  { partition: 0, offset: 17 },
  { partition: 1, offset: 0 },
];

test('a start names the offset of every partition, and never resets', () => {
  const order = startOrder(CONFIG, { run: 3, trigger: 'microbatch', starts: STARTS, program: ['node'], settings: {} });
  assert.equal(order.run, 3);
  assert.equal(order.source.startingOffsets, '{"detections":{"0":17,"1":0}}');
  assert.equal(order.source.failOnDataLoss, 'true');
  assert.equal(order.source['kafka.isolation.level'], 'read_committed');
  assert.equal(order.realtimeInterval, '');
  assert.equal(order.slots, 1);
  assert.equal(order.source.minPartitions, undefined);
});

test('a real-time query has an interval, and no limit that Spark refuses there', () => {
  const order = startOrder(CONFIG, { run: 1, trigger: 'realtime', starts: STARTS, program: ['node'], settings: {} });
  assert.match(order.realtimeInterval, /minutes$/);
  assert.equal(order.slots, 2);
  assert.equal(order.source.maxOffsetsPerTrigger, undefined);
});

test('every partition has a slot unless somebody says otherwise', () => {
  assert.equal(masterFor(readConfig({ NODE_ENV: 'test' }), 12), 'local[12]');
  assert.equal(masterFor(readConfig({ NODE_ENV: 'test', SPARK_MASTER: 'local[3,2]' }), 12), 'local[3,2]');
  assert.equal(masterFor(readConfig({ NODE_ENV: 'test', SPARK_MASTER: 'yarn' }), 12), 'yarn');
  assert.throws(
    () => masterFor(readConfig({ NODE_ENV: 'test', SPARK_MASTER: 'k8s://https://h:443' }), 12),
    /takes local\[N\], spark:\/\/host:port and yarn/,
  );
  assert.throws(() => checkSlots('local[3]', 'realtime', 12), /needs a slot for each.*local\[12\]/);
  checkSlots('local[3]', 'microbatch', 12);
  checkSlots('local[12]', 'realtime', 12);
  checkSlots('local[*]', 'realtime', 12);
});

test('executors get the settings of the speed layer that were set, and no others', () => {
  const config = readConfig({
    NODE_ENV: 'test',
    KAFKA_BROKERS: 'k:1',
    SPEED_LINGER_MS: '20',
    PORT: '3001',
    SESSION_SECRET: 'x',
    LOG_LEVEL: 'warn',
  });
  assert.deepEqual(executorEnvironment(config), { KAFKA_BROKERS: 'k:1', SPEED_LINGER_MS: '20', LOG_LEVEL: 'warn' });
});

test('further properties of Kafka reach executors as they were given', () => {
  const config = readConfig({ NODE_ENV: 'test', KAFKA_PROPERTIES: 'socket.keepalive.enable=true;client.rack=a=b' });
  const travelled = readConfig({ NODE_ENV: 'test', ...executorEnvironment(config) });
  assert.deepEqual(travelled.KAFKA_ACCESS.properties, config.KAFKA_ACCESS.properties);
  assert.equal(travelled.KAFKA_ACCESS.properties.length, 2);
});

test('a store that the engine was never compared on is refused', () => {
  checkStores(readConfig({ NODE_ENV: 'test' }));
  assert.throws(() => checkStores({ STORES: 'cassandra' }), /STORES is cassandra.*HBase only.*workers/);
});

test('executors of a cluster are refused where they would have to sign in with Kerberos', () => {
  const asked = { NODE_ENV: 'test', HADOOP_PRINCIPAL: 'speed@EXAMPLE.ORG' } as const;
  const hbase = readConfig({ ...asked, HBASE_AUTH: 'kerberos' });
  checkKerberos(hbase, 'local[3]');
  checkKerberos(readConfig({ NODE_ENV: 'test' }), 'yarn');
  assert.throws(
    () => checkKerberos(hbase, 'yarn'),
    /is yarn, and HBASE_AUTH.*asks for Kerberos.*local\[N\], or workers/,
  );
  assert.throws(() => checkKerberos(readConfig({ ...asked, ZOOKEEPER_AUTH: 'sasl' }), 'spark://h:1'), /ZOOKEEPER_AUTH/);
});

test('executors of a cluster must know where the driver is, and run what travelled to them', () => {
  const config = (host?: string) => readConfig({ NODE_ENV: 'test', ...(host ? { SPARK_DRIVER_HOST: host } : {}) });
  assert.equal(driverHost(config(), 'local[3]'), '127.0.0.1');
  assert.throws(() => driverHost(config(), 'yarn'), /SPARK_DRIVER_HOST is not set/);
  assert.equal(driverHost(config('edge-3'), 'yarn'), 'edge-3');
  assert.equal(executorProgram('local[3]', '/home/x')[0], process.execPath);
  const [program, , node] = executorProgram('spark://h:7077', '/home/x');
  assert.deepEqual([program, node], ['/usr/bin/env', 'sightline/bin/node']);
});

test('Spark on this machine gets no configuration of a cluster, and one that submits to YARN does', () => {
  const given = { NODE_ENV: 'test', PATH: '/bin', HADOOP_CONF_DIR: '/etc/hadoop', YARN_CONF_DIR: '/etc/yarn' } as const;
  const environment = (isHere: boolean): NodeJS.ProcessEnv =>
    submitEnvironment({ HADOOP_USER: 'speed' }, { program: '/spark/bin/spark-submit', isHere }, given);
  const here = environment(true);
  assert.deepEqual([here.HADOOP_CONF_DIR, here.YARN_CONF_DIR], [undefined, undefined]);
  assert.equal(here.SPARK_LOCAL_IP, '127.0.0.1');
  const there = environment(false);
  assert.deepEqual([there.HADOOP_CONF_DIR, there.YARN_CONF_DIR], ['/etc/hadoop', '/etc/yarn']);
  assert.equal(there.PATH, '/spark/bin:/bin');
});
