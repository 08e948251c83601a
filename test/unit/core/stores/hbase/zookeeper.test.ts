// ZooKeeper's three messages and HBase's envelope around a node's data.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { decodeData, encodeConnect, encodeGetData, unwrap } from '../../../../../core/stores/hbase/zookeeper.ts';

test('the questions have the bytes that ZooKeeper reads', () => {
  assert.equal(encodeConnect().toString('hex'), '0000002c' + '00000000' + '0'.repeat(16) + '00002710' + '0'.repeat(16) + '00000010' + '0'.repeat(32));
  assert.equal(encodeGetData('/a').toString('hex'), '0000000f' + '00000001' + '00000004' + '00000002' + '2f61' + '00');
});

const DATA = 'ff' + '00000002' + '6d31' + '50425546' + '0a01';
const ANSWER = Buffer.from('00000001' + '0000000000000009' + '00000000' + '0000000d' + DATA, 'hex');

test('a node is its data without the envelope', () => {
  assert.equal(unwrap(decodeData(ANSWER, '/hbase/x')).toString('hex'), '0a01');
});

test('every truncation of an answer is refused', () => {
  for (let length = 0; length < ANSWER.length; length++)
    assert.throws(() => decodeData(ANSWER.subarray(0, length), '/hbase/x'), { exception: 'protocol' }, `${length} bytes`);
  const data = Buffer.from(DATA, 'hex');
  for (let length = 0; length < data.length - 2; length++)
    assert.throws(() => unwrap(data.subarray(0, length)), { exception: 'protocol' }, `${length} bytes`);
});

test('a node that is not there says that HBase is not up, and is waited for', () => {
  const missing = Buffer.from(ANSWER);
  missing.writeInt32BE(-101, 12);
  assert.throws(() => decodeData(missing, '/hbase/master'), { fate: 'wait', message: /\/hbase\/master/ });
});
