/** Which count of partitions holds for a record, and where a stray goes when the topic has grown (L3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  allPartitions,
  earlierCounts,
  growthAfter,
  hasGrownBefore,
  partitionsAt,
  partitionsEver,
} from '../../../../core/domain/growth.ts';
import { homeOf } from '../../../../core/domain/home.ts';
import { oid } from '../../../../core/domain/oid.ts';
import type { Rules } from '../../../../core/domain/rules.ts';
import { DAY_MS, instant } from '../../../../core/domain/time.ts';
import { classify, STRAY_HEADER } from '../../../../core/domain/verdict.ts';

const day = (n: number) => instant(Date.UTC(2026, 10, 1) + n * DAY_MS);
const RULES: Rules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 86_400, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 2 },
  ...{ firstEpoch: 0, firstOffsets: [0, 0] },
  growths: [
    { from: day(10), partitions: 3 },
    { from: day(20), partitions: 5 },
  ],
};
const PLAIN: Rules = { ...RULES, growths: undefined };

describe('the count of partitions', () => {
  it('is that of the epoch in which a record arrives', () => {
    const counts = [day(0), instant(day(10) - 1), day(10), day(19), day(20), day(99)].map((arrival) =>
      partitionsAt(arrival, RULES),
    );
    assert.deepEqual(counts, [2, 2, 3, 3, 5, 5]);
    assert.deepEqual([partitionsAt(day(99), PLAIN), partitionsEver(PLAIN), partitionsEver(RULES)], [2, 2, 5]);
    assert.deepEqual(allPartitions(RULES), [0, 1, 2, 3, 4]);
  });

  it('is known with all that held before, and with the next', () => {
    assert.deepEqual(
      [earlierCounts(day(9), RULES), earlierCounts(day(10), RULES), earlierCounts(day(30), RULES)],
      [[], [2], [2, 3]],
    );
    assert.deepEqual(
      [
        growthAfter(day(0), RULES),
        growthAfter(day(10), RULES),
        growthAfter(day(20), RULES),
        growthAfter(day(0), PLAIN),
      ],
      [day(10), day(20), null, null],
    );
  });

  it('matters to what was met before for as long as W', () => {
    const days = [9, 10, 12, 13, 14, 20].map((n) => hasGrownBefore(day(n), RULES));
    assert.deepEqual(days, [false, true, true, false, false, true]);
    assert.equal(hasGrownBefore(day(10), PLAIN), false);
  });
});

describe('a detection in a topic that grew', () => {
  const moved = Array.from({ length: 500 }, (_, i) => oid(i)).find(
    (id) => homeOf(id, 2) === 0 && homeOf(id, 3) === 2 && homeOf(id, 5) === 4,
  )!;
  const at = (partition: number, arrival: ReturnType<typeof day>, isForwarded = false) => {
    const value = Buffer.from(
      `{"geographical_location_oid":1,"video_camera_oid":2,"detection_oid":${moved},"item_name":"car","timestamp_detected":${arrival}}`,
    );
    const headers: [string, Buffer][] = isForwarded ? [[STRAY_HEADER, Buffer.from('1/7')]] : [];
    const verdict = classify({ partition, offset: 0, stamp: arrival, key: null, value, headers }, arrival, RULES);
    return verdict.kind === 'stray' ? `to ${verdict.home}` : verdict.kind;
  };

  it('is at home where the count of its epoch says', () => {
    assert.deepEqual(
      [at(0, day(9)), at(0, day(10)), at(2, day(9)), at(2, day(10)), at(4, day(20))],
      ['detection', 'to 2', 'to 0', 'detection', 'detection'],
    );
  });

  it('that was sent home goes on if the topic has grown meanwhile, and to no other place', () => {
    assert.deepEqual([at(0, day(10), true), at(0, day(20), true), at(2, day(20), true)], ['to 2', 'to 4', 'to 4']);
    assert.deepEqual(
      [at(2, day(9), true), at(1, day(10), true), at(4, day(10), true)],
      ['dead_letter', 'dead_letter', 'dead_letter'],
    );
  });
});
