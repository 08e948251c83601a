import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { metadataRequest, topicIdIn } from '../../../../../core/stores/kafka/topic-id.ts';

const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length + 1]), Buffer.from(value)]);
const ID = '00112233445566778899aabbccddeeff';

/** Metadata answer, version 10: one broker, one topic. */
const ANSWER = Buffer.concat([
  Buffer.from('00000001' + '00' + '00000000', 'hex'),
  Buffer.from('02' + '00000001', 'hex'),
  text('127.0.0.1'),
  Buffer.from('00002384' + '00' + '00', 'hex'),
  text('cluster'),
  Buffer.from('00000001' + '02' + '0000', 'hex'),
  text('detections'),
  Buffer.from(ID, 'hex'),
]);

describe("the topic's id in a metadata answer", () => {
  it('is found behind brokers and cluster', () => {
    assert.equal(topicIdIn(ANSWER), ID);
  });

  it('is never read out of a truncated answer', () => {
    for (let length = 0; length < ANSWER.length; length++) {
      assert.throws(() => topicIdIn(ANSWER.subarray(0, length)), `${length} bytes`);
    }
  });

  it('is not there when the broker answers with an error', () => {
    const refused = Buffer.from(ANSWER);
    refused.writeInt16BE(3, ANSWER.length - 16 - text('detections').length - 2);
    assert.throws(() => topicIdIn(refused), /error code 3/);
  });

  it('is asked for with a request that says its own length', () => {
    const request = metadataRequest('detections');
    assert.equal(request.readInt32BE(0), request.length - 4);
    assert.equal(request.readInt16BE(4), 3);
    assert.equal(request.readInt16BE(6), 10);
  });
});
