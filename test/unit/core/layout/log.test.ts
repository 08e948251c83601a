import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  deadLetterHeaders,
  GREATEST_PART_BYTES,
  readDeadLetter,
  replayHeader,
  strayHeaders,
  topicPlans,
  withinLimit,
} from '../../../../core/layout/log.ts';

const record = { partition: 3, offset: 99, stamp: 5, key: null, value: null, headers: [] };
const texts = (headers: ReturnType<typeof strayHeaders>) => headers.map(([name, value]) => [name, value.toString()]);

describe('headers of ours', () => {
  it('say where a stray came from', () => {
    assert.deepEqual(texts(strayHeaders(record)), [['sightline.stray', '3/99']]);
  });

  it("say why a dead letter is one, under Kafka Connect's names", () => {
    const headers = deadLetterHeaders('detections', record, { reason: 'tombstone', detail: 'the record has no value' });
    assert.deepEqual(Object.fromEntries(texts(headers)), {
      '__connect.errors.topic': 'detections',
      '__connect.errors.partition': '3',
      '__connect.errors.offset': '99',
      '__connect.errors.exception.class.name': 'tombstone',
      '__connect.errors.exception.message': 'the record has no value',
    });
  });
});

describe('a dead letter', () => {
  const kept = {
    partition: 1,
    offset: 7,
    stamp: 5,
    key: null,
    value: Buffer.from('x'),
    headers: deadLetterHeaders('detections', record, { reason: 'not_json', detail: 'no' }),
  };

  it('is read back as it was kept', () => {
    assert.deepEqual(readDeadLetter(kept), {
      partition: 1,
      offset: 7,
      keptAt: 5,
      key: null,
      value: Buffer.from('x'),
      source: { topic: 'detections', partition: 3, offset: 99 },
      reason: 'not_json',
      detail: 'no',
    });
  });

  it('that somebody else wrote has an unknown origin', () => {
    const { source, reason } = readDeadLetter({ ...kept, headers: [['__connect.errors.partition', Buffer.from('x')]] });
    assert.deepEqual([source, reason], [null, null]);
  });

  it('says which one it was when it is produced again', () => {
    assert.deepEqual(replayHeader('detections.dlq', kept), ['sightline.replay', Buffer.from('detections.dlq/1/7')]);
  });
});

describe('what is read of a record', () => {
  it('is everything up to 64 MiB of a key or a value, and their beginning beyond that', () => {
    const longest = Buffer.alloc(GREATEST_PART_BYTES, 'x');
    assert.equal(withinLimit(longest), longest);
    assert.equal(withinLimit(null), null);
    const cut = withinLimit(Buffer.concat([longest, Buffer.from('y')]));
    assert.ok(cut.equals(longest));
    assert.equal(cut.buffer.byteLength, GREATEST_PART_BYTES, 'the rest is not held in memory');
  });
});

describe('the topic', () => {
  const options = { topic: 't', deadLetterTopic: 't.dlq', partitions: 12, retentionMs: 86_400_000, segmentBytes: 1 };

  it("takes the log's clock and is kept by time only", () => {
    const [log] = topicPlans({ ...options, replication: 1 });
    assert.equal(log?.config['message.timestamp.type'], 'LogAppendTime');
    assert.equal(log?.config['retention.bytes'], '-1');
    assert.equal(log?.config['unclean.leader.election.enable'], 'false');
  });

  it('asks for two in-sync replicas where there are three', () => {
    assert.deepEqual(
      [1, 3].map((replication) => topicPlans({ ...options, replication })[0]?.config['min.insync.replicas']),
      ['1', '2'],
    );
  });
});
