import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { epoch } from '../../../core/domain/epoch.ts';
import type { HourCell, HourRowName } from '../../../core/domain/hour-counts.ts';
import { hourRowKey } from '../../../core/domain/hour-counts.ts';
import { oid } from '../../../core/domain/oid.ts';
import { cellIn } from '../../../speed-layer/cell-table.ts';
import { countRows } from '../../../speed-layer/count-rows.ts';
import { randomOf } from '../../support/counted-world.ts';

const row = (group: number): HourRowName => ({ group, hour: 5, epoch: epoch(1) });
const cell = (item: string, count = 1): HourCell => ({
  kind: 'place_item',
  location: oid(17),
  item,
  minutes: [3, count],
  upTo: count,
});
const found = (table: Parameters<typeof cellIn>[0], { kind, location, item }: HourCell) =>
  cellIn(table, kind, location, item);

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
    const table = counts.known(0).row(hourRowKey(row(1)));
    assert.deepEqual(found(table, cell('car'))?.minutes, [3, 5]);
    assert.deepEqual(found(table, cell('bus'))?.minutes, [3, 1]);
    assert.equal(counts.cells(), 3);
  });

  it('refuse to be taken for zero', () => {
    assert.throws(
      () =>
        countRows(1_000)
          .known(0)
          .row(hourRowKey(row(1))),
      /is not loaded; load it before deciding/,
    );
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

  it('are forgotten when their partition is past their epoch', () => {
    const counts = countRows(1_000);
    const next: HourRowName = { ...row(1), epoch: epoch(2) };
    counts.keep(0, row(1), [cell('car')]);
    counts.keep(0, next, [cell('car')]);
    counts.keep(1, row(1), [cell('car')]);
    counts.enter(0, epoch(1));
    counts.enter(1, epoch(1));
    assert.equal(counts.cells(), 6);
    counts.enter(0, epoch(2));
    assert.equal(counts.cells(), 4);
    assert.deepEqual(counts.missing(0, [row(1), next]), [row(1)]);
    assert.deepEqual(counts.missing(1, [row(1)]), []);
  });

  it('over the limit give way, those first that were not used for longest', () => {
    const counts = countRows(10);
    for (let group = 1; group <= 5; group++) counts.keep(0, row(group), [cell('car')]);
    counts.trim();
    for (const group of [1, 4, 5]) counts.known(0).row(hourRowKey(row(group)));
    counts.keep(0, row(6), [cell('car')]);
    counts.trim();
    assert.deepEqual(counts.missing(0, [1, 2, 3, 4, 5, 6].map(row)), [row(2), row(3)]);
    assert.equal(counts.cells(), 8);
  });

  it('tell cells apart that share a name', () => {
    const counts = countRows(1_000);
    const cells: HourCell[] = [
      { kind: 'place_item', location: oid(7), item: 'total', minutes: [0, 1], upTo: 1 },
      { kind: 'place_item', location: oid(8), item: 'total', minutes: [0, 2], upTo: 1 },
      { kind: 'item', location: '', item: 'total', minutes: [0, 3], upTo: 1 },
      { kind: 'item', location: '', item: '7', minutes: [0, 4], upTo: 1 },
      { kind: 'place', location: oid(7), item: '', minutes: [0, 5], upTo: 1 },
      { kind: 'total', location: '', item: '', minutes: [0, 6], upTo: 1 },
    ];
    counts.keep(0, row(1), cells);
    const table = counts.known(0).row(hourRowKey(row(1)));
    for (const one of cells) assert.deepEqual(found(table, one), one);
    assert.equal(table.size, 6);
  });

  it('that every round uses are loaded once, also where they are more than the limit', () => {
    assert.deepEqual(
      loadsOf(() => ALL),
      { first: 120, later: 0, greatest: 120 * 1_000 },
    );
  });

  it('of which a round uses some by chance are loaded about as often as they do not fit', () => {
    const random = randomOf(7);
    const { later, greatest } = loadsOf(() => Array.from({ length: 48 }, () => Math.floor(random() * ALL.length)));
    // 39.7 different ones of 120 a round, of which 98 fit at least.
    assert.ok(later < 39.7 * (1 - 98 / 120) * 1.1, `${later} loads a round`);
    assert.ok(greatest <= 100_000, `${greatest} cells`);
  });

  it('that every round uses are not let go for those that come by chance', () => {
    const random = randomOf(7);
    const { later } = loadsOf(() => [
      ...ALL.slice(0, 80),
      80 + Math.floor(random() * 40),
      80 + Math.floor(random() * 40),
    ]);
    assert.ok(later < 2, `${later} loads a round: rows of the eighty are among them`);
  });
});

/** 120 rows of a thousand cells, a row counting as one, against a limit of 100,000: 1.2 times as many as fit. */
const ALL = Array.from({ length: 120 }, (_, n) => n);

/** Rounds as a worker makes them: what is missing is loaded, all is used, what is over the limit goes. */
function loadsOf(draw: () => number[]): { first: number; later: number; greatest: number } {
  const counts = countRows(100_000);
  const cells = Array.from({ length: 999 }, (_, n) => cell(`item ${n}`));
  const loads: number[] = [];
  let greatest = 0;
  for (let round = 0; round < 300; round++) {
    const names = [...new Set(draw())].map((n): HourRowName => ({
      group: n % 16,
      hour: Math.floor(n / 16),
      epoch: epoch(1),
    }));
    const missing = counts.missing(0, names);
    for (const name of missing) counts.keep(0, name, cells);
    for (const name of names) counts.known(0).row(hourRowKey(name));
    counts.trim();
    loads.push(missing.length);
    greatest = Math.max(greatest, counts.cells());
  }
  const later = loads.slice(100);
  return { first: loads[0]!, later: later.reduce((sum, one) => sum + one, 0) / later.length, greatest };
}
