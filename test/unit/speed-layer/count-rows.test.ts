import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CountCell, CountRowName } from '../../../core/domain/counts.ts';
import { rowKey } from '../../../core/domain/counts.ts';
import { epoch } from '../../../core/domain/epoch.ts';
import { oid } from '../../../core/domain/oid.ts';
import { cellIn } from '../../../speed-layer/cell-table.ts';
import { countRows } from '../../../speed-layer/count-rows.ts';

const row = (place: number): CountRowName => ({ scope: oid(place), hour: 5, epoch: epoch(1) });
const cell = (subject: string, count = 1): CountCell => ({ level: 'minute_item', minute: 3, subject, count, upTo: count });

describe('known count rows', () => {
  it('are asked for once, each once', () => {
    const counts = countRows(1_000);
    assert.deepEqual(counts.missing(0, [row(1), row(2), row(1)]), [row(1), row(2)]);
    counts.keep(0, row(1), []);
    assert.deepEqual(counts.missing(0, [row(1), row(2)]), [row(2)]);
    assert.deepEqual(counts.missing(1, [row(1)]), [row(1)], 'each partition has its own');
  });

  it('take what was written', () => {
    const counts = countRows(1_000);
    counts.keep(0, row(1), [cell('car', 4)]);
    counts.apply([{ name: row(1), partition: 0, cells: [cell('car', 5), cell('bus', 1)], listed: [] }]);
    const table = counts.known(0).row(rowKey(row(1)));
    assert.equal(cellIn(table, cell('car'))?.count, 5);
    assert.equal(cellIn(table, cell('bus'))?.count, 1);
    assert.equal(counts.cells(), 3);
  });

  it('refuse to be taken for zero', () => {
    assert.throws(() => countRows(1_000).known(0).row(rowKey(row(1))), /was to be loaded before deciding/);
  });

  it('are forgotten with their partition', () => {
    const counts = countRows(1_000);
    counts.keep(0, row(1), [cell('car')]);
    counts.keep(1, row(1), [cell('car')]);
    counts.drop(0);
    assert.equal(counts.cells(), 2);
    assert.deepEqual(counts.missing(0, [row(1)]), [row(1)]);
    assert.deepEqual(counts.missing(1, [row(1)]), []);
  });

  it('over the limit give way, those first that were not used for longest', () => {
    const counts = countRows(10);
    for (let place = 1; place <= 5; place++) counts.keep(0, row(place), [cell('car')]);
    counts.apply([]);
    for (const place of [1, 4, 5]) counts.known(0).row(rowKey(row(place)));
    counts.keep(0, row(6), [cell('car')]);
    counts.apply([]);
    assert.deepEqual(counts.missing(0, [1, 2, 3, 4, 5, 6].map(row)), [row(2), row(3)]);
    assert.equal(counts.cells(), 8);
  });

  it('tell cells of different levels and minutes apart', () => {
    const counts = countRows(1_000);
    const cells: CountCell[] = (['minute_item', 'hour_item', 'minute', 'minute_place', 'hour_place'] as const).flatMap((level) =>
      [0, 59].map((minute, i) => ({ level, minute, subject: '7', count: i + 1, upTo: 1 })),
    );
    counts.keep(0, row(1), cells);
    const table = counts.known(0).row(rowKey(row(1)));
    for (const one of cells) assert.deepEqual(cellIn(table, one), one);
    assert.equal(table.size, 10);
  });
});
