/** What the topics must be set to, whom a fault stops, and the command that mends it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEAD_LETTER_REASONS } from '../../../../core/domain/dead-letters.ts';
import type { LogRecord } from '../../../../core/domain/detection.ts';
import { GREATEST_STRAY_BYTES } from '../../../../core/domain/verdict.ts';
import { deadLetterHeaders, forwardedHeaders, topicPlans } from '../../../../core/layout/log.ts';
import {
  DEAD_LETTER_ROOM_BYTES,
  faultText,
  LEAST_TOPIC_BYTES,
  leastRetentionMs,
  topicFaults,
} from '../../../../core/layout/topic-settings.ts';
import { otherwise, SOUND_TOPIC } from '../../../support/topic-facts.ts';

const HOUR_MS = 3_600_000;
const faultsOf = (...changes: Parameters<typeof otherwise>) => topicFaults(otherwise(...changes), 2 * HOUR_MS);

/** An upper bound of what Kafka writes for a record in a batch of its own: every length takes five bytes at most. */
function batchBytes({ key, value, headers }: Pick<LogRecord, 'key' | 'value' | 'headers'>): number {
  const own = 61 + 21 + 5 + (key?.length ?? 0) + 5 + (value?.length ?? 0) + 5;
  return headers.reduce((sum, [name, text]) => sum + 10 + Buffer.byteLength(name) + (text?.length ?? 0), own);
}

describe('the settings of the topics', () => {
  it('are right as they are made, also by a broker that does not tell all of them', () => {
    assert.deepEqual(faultsOf({}), []);
    assert.deepEqual(
      topicFaults({ ...SOUND_TOPIC, settings: new Map(), deadLetterSettings: new Map() }, 2 * HOUR_MS),
      [],
    );
    assert.deepEqual(faultsOf({ 'retention.ms': '-1', 'cleanup.policy': '' }), []);
  });

  it('stop both layers where a count would be wrong', () => {
    assert.deepEqual(
      faultsOf({ 'message.timestamp.type': 'CreateTime' }).map(({ stops, isMended }) => [stops, isMended]),
      [['both layers', true]],
    );
    for (const policy of ['compact', 'delete,compact'])
      assert.equal(faultsOf({ 'cleanup.policy': policy })[0]?.stops, 'both layers');
  });

  it('stop the speed layer where a record would have nowhere to go', () => {
    const stops = (...changes: Parameters<typeof otherwise>) =>
      faultsOf(...changes).map((fault) => [fault.topic, fault.stops, fault.value]);
    assert.deepEqual(stops({ 'max.message.bytes': '1048587' }), [['detections', 'the speed layer', '1048588']]);
    assert.deepEqual(stops({}, { 'cleanup.policy': 'compact' }), [['detections.dlq', 'the speed layer', 'delete']]);
    assert.deepEqual(stops({}, { 'max.message.bytes': '1048588' }), [['detections.dlq', 'the speed layer', '2097152']]);
    assert.deepEqual(stops({ 'max.message.bytes': '5000000' }), [['detections.dlq', 'the speed layer', '5065536']]);
    assert.deepEqual(stops({ 'max.message.bytes': '5000000' }, { 'max.message.bytes': '5065536' }), []);
    assert.deepEqual(
      topicFaults({ ...SOUND_TOPIC, deadLetterSettings: null }, 0).map(({ stops: whom }) => whom),
      ['the speed layer'],
    );
  });

  it('stop nobody where stopping would make a loss certain', () => {
    const faults = faultsOf(
      {
        'retention.bytes': '1000',
        'retention.ms': '3600000',
        'compression.type': 'producer',
        'max.message.bytes': '70000000',
      },
      { 'max.message.bytes': '80000000' },
    );
    assert.deepEqual(
      faults.map(({ setting, stops, isMended }) => [setting, stops, isMended]),
      [
        ['max.message.bytes', 'nobody', false],
        ['compression.type', 'nobody', true],
        ['retention.bytes', 'nobody', true],
        ['retention.ms', 'nobody', false],
      ],
    );
  });

  it('may pack records with every codec that each reader knows, and letters at least as well as the log', () => {
    for (const codec of ['gzip', 'uncompressed', 'lz4', 'snappy'])
      assert.deepEqual(faultsOf({ 'compression.type': codec }), []);
    for (const codec of ['producer', 'zstd']) assert.equal(faultsOf({ 'compression.type': codec })[0]?.value, 'gzip');
    for (const codec of ['gzip', 'producer']) assert.deepEqual(faultsOf({}, { 'compression.type': codec }), []);
    const [letters] = faultsOf({}, { 'compression.type': 'uncompressed' });
    assert.deepEqual([letters?.topic, letters?.stops, letters?.value], ['detections.dlq', 'nobody', 'gzip']);
  });

  it('are told with what was found, what was expected, why, and the command', () => {
    const text = faultText(faultsOf({ 'retention.ms': '60000' })[0]!, 'k1:9092,k2:9092');
    assert.equal(
      text,
      'Topic detections has retention.ms=60000, at least 7200000 was expected: Kafka may delete records before they are archived. Mend it: ' +
        'kafka-configs.sh --bootstrap-server k1:9092,k2:9092 --alter --entity-type topics --entity-name detections --add-config retention.ms=7200000',
    );
  });

  it('ask for records to be kept while two archivings are missed', () => {
    assert.equal(leastRetentionMs(86_400, HOUR_MS), 2 * HOUR_MS);
    assert.equal(leastRetentionMs(300, HOUR_MS), 600_000);
  });
});

describe('the limits of the topics', () => {
  const longest = { topic: 't'.repeat(249), partition: 2 ** 31 - 1, offset: Number.MAX_SAFE_INTEGER, stamp: 0 };
  const huge = (headers: LogRecord['headers']): LogRecord => ({
    ...longest,
    key: null,
    value: Buffer.alloc(GREATEST_STRAY_BYTES),
    headers,
  });

  it('hold every record that is sent home, whatever headers it has', () => {
    const many = Array.from({ length: 2_000 }, (_, i) => [`${i}`, Buffer.alloc(0)] as const);
    const near = [['x', Buffer.alloc(32_757, 'y')]] as const;
    for (const headers of [[], many, near, [['x', Buffer.alloc(500_000, 'y')]] as const]) {
      const forwarded = {
        key: Buffer.from('-9223372036854775808'),
        value: huge(headers).value,
        headers: forwardedHeaders(huge(headers)),
      };
      assert.ok(batchBytes(forwarded) <= LEAST_TOPIC_BYTES, `${batchBytes(forwarded)}`);
    }
    assert.equal(forwardedHeaders(huge(near)).length, 2, 'as many as fit are kept');
    assert.equal(forwardedHeaders(huge(many)).length, 2_001);
    assert.equal(forwardedHeaders(huge([['x', Buffer.alloc(32_769, 'y')]])).length, 1);
  });

  it('hold every record of the log as a dead letter', () => {
    for (const reason of Object.keys(DEAD_LETTER_REASONS) as (keyof typeof DEAD_LETTER_REASONS)[]) {
      const headers = deadLetterHeaders(longest.topic, huge([]), { reason, detail: '語'.repeat(5_000) });
      const ours = batchBytes({ key: null, value: null, headers });
      assert.ok(ours <= DEAD_LETTER_ROOM_BYTES, `${reason}: ${ours}`);
    }
    const [log, letters] = topicPlans({
      topic: 't',
      deadLetterTopic: 't.dlq',
      partitions: 1,
      replication: 1,
      retentionMs: 1,
      segmentBytes: 1,
    });
    const bytes = (of: typeof log): number => Number(of!.config['max.message.bytes']);
    assert.ok(bytes(letters) >= bytes(log) + DEAD_LETTER_ROOM_BYTES);
  });
});
