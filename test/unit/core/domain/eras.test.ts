import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BEFORE_ALL } from '../../../../core/domain/arrival.ts';
import { arrivalBefore, eraOf, GROW_HEADER, isUnknownMarker, partitionCountIn } from '../../../../core/domain/eras.ts';
import { homeOf } from '../../../../core/domain/home.ts';
import type { Rules } from '../../../../core/domain/rules.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { instant } from '../../../../core/domain/time.ts';
import { judge, STRAY_HEADER, TICK_HEADER } from '../../../../core/domain/verdict.ts';

const NOW = instant(Date.UTC(2026, 10, 22));
const plain: Rules = {
  generation: 1, logLife: 1, epochSeconds: 86_400, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 2, firstEpoch: 0, firstOffsets: [0, 0],
};
const grown: Rules = { ...plain, partitionCount: 3, growths: [{ from: 2, to: 3, fromOffsets: [10, 20, 0], fromArrival: NOW }] };

describe('an era', () => {
  it('begins at an offset of each partition, in new partitions at their first', () => {
    assert.deepEqual([[0, 9], [0, 10], [1, 19], [1, 20], [2, 0]].map(([partition, offset]) => eraOf({ partition: partition!, offset: offset! }, grown)), [0, 1, 0, 1, 1]);
    assert.deepEqual([partitionCountIn(0, grown), partitionCountIn(1, grown), partitionCountIn(0, plain)], [2, 3, 2]);
  });

  it('lets no record of a new partition arrive before its markers', () => {
    assert.deepEqual([arrivalBefore(2, grown), arrivalBefore(1, grown), arrivalBefore(0, plain)], [NOW, BEFORE_ALL, BEFORE_ALL]);
  });

  it('is unknown behind a marker that no recorded growth reaches', () => {
    const headers = [[TICK_HEADER, Buffer.from('1')], [GROW_HEADER, Buffer.from('3')]] as const;
    const marker = (partition: number, offset: number) => ({ partition, offset, stamp: NOW, key: null, value: Buffer.alloc(0), headers });
    assert.ok(isUnknownMarker(marker(0, 10), plain));
    // One of an attempt before, and the one that counts.
    assert.ok(!isUnknownMarker(marker(0, 5), grown) && !isUnknownMarker(marker(0, 10), grown));
    assert.ok(isUnknownMarker(marker(0, 11), grown), 'it grows again');
    assert.ok(!isUnknownMarker({ ...marker(0, 10), headers: [headers[0]] }, plain), 'a tick is none');
    assert.equal(judge(marker(0, 10), NOW, grown).kind, 'tick');
  });
});

describe('the home of an id in a topic that grew', () => {
  const moved = Array.from({ length: 200 }, (_, i) => oid(i)).find((id) => homeOf(id, 2) === 0 && homeOf(id, 3) === 2)!;
  const value = Buffer.from(`{"geographical_location_oid":1,"video_camera_oid":2,"detection_oid":${moved},"item_name":"car","timestamp_detected":${NOW}}`);
  const at = (partition: number, offset: number, headers: [string, Buffer][] = []) => judge({ partition, offset, stamp: NOW, key: null, value, headers }, NOW, grown);

  it('is that of the era of the record', () => {
    assert.equal(at(0, 9).kind, 'detection');
    assert.deepEqual({ ...at(0, 10), detection: null }, { kind: 'stray', detection: null, home: 2 });
    assert.equal(at(2, 0).kind, 'detection');
  });

  it('sends a stray on that was sent home before and arrived after', () => {
    const header: [string, Buffer] = [STRAY_HEADER, Buffer.from('1/7')];
    assert.deepEqual({ ...at(0, 10, [header]), detection: null }, { kind: 'stray', detection: null, home: 2 });
    assert.equal(at(1, 20, [header]).kind, 'dead_letter', 'nobody ever sent it there for a reason');
  });
});
