/** What a record is, as far as the record alone can tell (L3, L7): what no other test of the domain covers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogRecord } from '../../../../core/domain/detection.ts';
import { homeOf } from '../../../../core/domain/home.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { instant } from '../../../../core/domain/time.ts';
import { GREATEST_STRAY_BYTES, classify, STRAY_HEADER } from '../../../../core/domain/verdict.ts';

const NOW = instant(Date.UTC(2026, 10, 22));
const RULES = {
  generation: 1,
  logLife: 1,
  epochSeconds: 86_400,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 4,
  firstEpoch: 0,
  firstOffsets: [0, 0, 0, 0],
};
const HOME = homeOf(oid(17), 4);
const AWAY = (HOME + 1) % 4;

/** A detection whose value has so many bytes: blanks are JSON too. */
function record(partition: number, bytes: number, headers: LogRecord['headers'] = []): LogRecord {
  const text = `{"geographical_location_oid":1,"video_camera_oid":2,"detection_oid":17,"item_name":"car","timestamp_detected":${NOW}}`;
  return { partition, offset: 1, stamp: NOW, key: null, value: Buffer.from(text.padEnd(bytes)), headers };
}
const reasonOf = (judged: LogRecord): string => {
  const verdict = classify(judged, NOW, RULES);
  return verdict.kind === 'dead_letter' ? verdict.deadLetter.reason : verdict.kind;
};

describe('a large record', () => {
  it('outside its home partition is sent there up to a size that is the same for both layers, and is a dead letter above it', () => {
    assert.equal(reasonOf(record(AWAY, GREATEST_STRAY_BYTES)), 'stray');
    assert.equal(reasonOf(record(AWAY, GREATEST_STRAY_BYTES + 1)), 'too_large_to_forward');
    assert.match(
      JSON.stringify(classify(record(AWAY, GREATEST_STRAY_BYTES + 1), NOW, RULES)),
      new RegExp(`belongs to partition ${HOME}; its value has 1000001 bytes, at most 1000000`),
    );
  });

  it('at home counts, whatever its size', () => {
    assert.equal(reasonOf(record(HOME, GREATEST_STRAY_BYTES + 40_000)), 'detection');
  });

  it('is judged by its value: a key and headers of any size do not keep it from going home', () => {
    const headers = Array.from({ length: 10_000 }, (_, i) => [`header ${i}`, Buffer.alloc(10)] as const);
    assert.equal(reasonOf({ ...record(AWAY, 1_000, headers), key: Buffer.alloc(900_000) }), 'stray');
  });

  it('that was forwarded and is not at home all the same is a dead letter for that reason', () => {
    assert.equal(
      reasonOf(record(AWAY, GREATEST_STRAY_BYTES + 1, [[STRAY_HEADER, Buffer.from('0/1')]])),
      'stray_not_at_home',
    );
  });

  it('that is no detection keeps its reason', () => {
    assert.equal(reasonOf({ ...record(AWAY, 10), value: Buffer.alloc(GREATEST_STRAY_BYTES + 1, 'x') }), 'not_json');
  });
});
