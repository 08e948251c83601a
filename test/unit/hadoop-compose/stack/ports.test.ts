// The ports of a stack are read from the environment: moved together by the offset, one by one by their own variable,
// and refused all at once when they make no sense.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressesOf, portNames, portTable, portsFrom } from '../../../../hadoop-compose/stack/ports.ts';

test('without any variable the stack has the ports that people know', () => {
  const ports = portsFrom({});
  assert.equal(ports.kafka, 9092);
  assert.equal(ports.zookeeper, 2181);
  assert.equal(ports.namenode, 8020);
  assert.equal(ports.namenodeHttp, 9870);
});

test('an offset moves every port by the same number and keeps them apart', () => {
  fc.assert(
    // Two offsets would move a page to port 10080, which no browser asks; they are refused (blocked-ports.test.ts).
    fc.property(
      fc.integer({ min: 0, max: 49_000 }).filter((offset) => offset !== 210 && offset !== 216),
      (offset) => {
        const ports = portsFrom({ SIGHTLINE_PORT_BASE_OFFSET: String(offset) });
        for (const name of portNames) assert.equal(ports[name], portTable[name].port + offset);
        assert.equal(new Set(Object.values(ports)).size, portNames.length);
      },
    ),
  );
});

test('a port named by its own variable is not moved by the offset', () => {
  const ports = portsFrom({ SIGHTLINE_PORT_BASE_OFFSET: '10000', SIGHTLINE_KAFKA_PORT: '5555' });
  assert.equal(ports.kafka, 5555);
  assert.equal(ports.kafkaController, 19_093);
});

test('all faults are told together, by the name of the variable', () => {
  assert.throws(
    () =>
      portsFrom({ SIGHTLINE_KAFKA_PORT: 'ninety', SIGHTLINE_ZOOKEEPER_PORT: '70000', SIGHTLINE_NAMENODE_PORT: '9866' }),
    (error: Error) => {
      assert.match(error.message, /SIGHTLINE_KAFKA_PORT: 'ninety' is not a whole number/);
      assert.match(error.message, /SIGHTLINE_ZOOKEEPER_PORT: port 70000/);
      assert.match(error.message, /SIGHTLINE_DATANODE_PORT and SIGHTLINE_NAMENODE_PORT are both 9866/);
      return true;
    },
  );
});

test('the layers are told loopback addresses of the moved ports', () => {
  assert.deepEqual(addressesOf(portsFrom({ SIGHTLINE_PORT_BASE_OFFSET: '10000' })), {
    KAFKA_BROKERS: '127.0.0.1:19092',
    HBASE_ZOOKEEPER: '127.0.0.1:12181',
    WEBHDFS_URL: 'http://127.0.0.1:19870',
  });
});
