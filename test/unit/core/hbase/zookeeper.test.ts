// ZooKeeper's three messages and HBase's envelope around a node's data.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { hostPort } from '../../../../core/process/host-port.ts';
import { messages } from '../../../../core/hbase/messages.ts';
import { makeRegion } from '../../../../core/hbase/regions.ts';
import {
  decodeData,
  encodeConnect,
  encodeGetData,
  unwrap,
  zookeeperDirectory,
} from '../../../../core/hbase/zookeeper.ts';

test('the questions have the bytes that ZooKeeper reads', () => {
  assert.equal(
    encodeConnect().toString('hex'),
    '0000002c' + '00000000' + '0'.repeat(16) + '00002710' + '0'.repeat(16) + '00000010' + '0'.repeat(32),
  );
  assert.equal(encodeGetData('/a').toString('hex'), '0000000f' + '00000001' + '00000004' + '00000002' + '2f61' + '00');
});

const DATA = 'ff' + '00000002' + '6d31' + '50425546' + '0a01';
const ANSWER = Buffer.from('00000001' + '0000000000000009' + '00000000' + '0000000d' + DATA, 'hex');

test('a node is its data without the envelope', () => {
  assert.equal(unwrap(decodeData(ANSWER, '/hbase/x')).toString('hex'), '0a01');
});

test('every truncation of an answer is refused', () => {
  for (let length = 0; length < ANSWER.length; length++)
    assert.throws(
      () => decodeData(ANSWER.subarray(0, length), '/hbase/x'),
      { exception: 'protocol' },
      `${length} bytes`,
    );
  const data = Buffer.from(DATA, 'hex');
  for (let length = 0; length < data.length - 2; length++)
    assert.throws(() => unwrap(data.subarray(0, length)), { exception: 'protocol' }, `${length} bytes`);
});

test('a node that is not there says that HBase is not up, and is waited for', () => {
  const missing = Buffer.from(ANSWER);
  missing.writeInt32BE(-101, 12);
  assert.throws(() => decodeData(missing, '/hbase/master'), { fate: 'wait', message: /\/hbase\/master/ });
});

/** Answers every session and its one question with a node's message, in HBase's envelope. */
async function fakeZooKeeper(message: Buffer, host: string): Promise<{ address: string; close: () => void }> {
  const data = Buffer.concat([Buffer.from('ff000000026d3150425546', 'hex'), message]);
  const head = Buffer.alloc(20);
  head.writeInt32BE(1, 0);
  head.writeInt32BE(data.length, 16);
  const framed = (frame: Buffer): Buffer =>
    Buffer.concat([Buffer.from(Uint32Array.of(frame.length).buffer).swap32(), frame]);
  const server = createServer((socket) =>
    socket.once('data', () =>
      socket.write(Buffer.concat([framed(Buffer.alloc(36)), framed(Buffer.concat([head, data]))])),
    ),
  );
  server.listen(0, host);
  await once(server, 'listening');
  return { address: hostPort(host, (server.address() as AddressInfo).port), close: () => server.close() };
}

test('a quorum and servers at IPv6 addresses are found, by the one key that meta gives them too', async () => {
  const server = { host_name: 'fd00::7', port: 16_020, start_code: '1' };
  const zookeeper = await fakeZooKeeper(
    messages.metaRegionServer.encode({ server } as Parameters<typeof messages.metaRegionServer.encode>[0]),
    '::1',
  );
  const directory = directoryAt(zookeeper.address);
  const found = await directory.metaServer();
  zookeeper.close();
  assert.equal(found, '[fd00::7]:16020');
  for (const named of ['[fd00::7]:16020', 'fd00::7:16020'])
    assert.equal(makeRegion(Buffer.from('t,,1.'), {} as Parameters<typeof makeRegion>[1], named).server, found);
});

test('a quorum that is none is refused, not asked', () => {
  assert.throws(() => directoryAt('::1:2181'), /"::1:2181" is not host:port/);
});

function directoryAt(quorum: string): ReturnType<typeof zookeeperDirectory> {
  const { signal } = new AbortController();
  return zookeeperDirectory({ quorum, znode: '/hbase', access: {}, timeoutMs: 2_000, signal });
}
