/**
 * What a batch does (L1, L2, L4, L7): one case for each outcome, then the law that replays change nothing.
 *
 * The law is tested on a random log: from any earlier progress, in batches of any size, with what a crash left behind
 * in rows and cells, the same rows, cells and tallies come out as from one reading. The whole machine is simulated in
 * test/simulation.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LogRecord } from '../../../core/domain/detection.ts';
import type { FirstMet } from '../../../core/domain/first-met.ts';
import type { HourCell } from '../../../core/domain/hour-counts.ts';
import { groupOf, hourCellKey, hourRowKey, sumOf } from '../../../core/domain/hour-counts.ts';
import type { Oid } from '../../../core/domain/oid.ts';
import { oid } from '../../../core/domain/oid.ts';
import { DAY_MS, HOUR_MS, instant, MINUTE_MS } from '../../../core/domain/time.ts';
import type { Tallies } from '../../../core/domain/tallies.ts';
import { recordsOf } from '../../../core/domain/tallies.ts';
import type { Stamps } from '../../../core/domain/stamps.ts';
import { TICK_HEADER } from '../../../core/domain/verdict.ts';
import { admit } from '../../../speed-layer/admit.ts';
import { cellTable, addCell } from '../../../speed-layer/cell-table.ts';
import { decideBatch } from '../../../speed-layer/decide.ts';
import type { Effects } from '../../../speed-layer/decide.ts';
import type { Progress } from '../../../core/stores/control/progress-rows.ts';
import { home, idsAt, NOON, progressOf, record, RULES, SETTLED } from './records.ts';

const admitted = (progress: Progress, records: readonly LogRecord[], stamps: Stamps = SETTLED) =>
  admit({ progress, records, stamps, stop: Infinity }, RULES);

/** What HBase holds of one partition: a put with a lower timestamp loses. */
class Held {
  rows = new Map<Oid, FirstMet>();
  cells = new Map<string, Map<string, HourCell>>();
  cuts = new Map<number, Tallies>();
  progress: Progress;
  constructor(progress: Progress) {
    this.progress = progress;
  }

  counts() {
    return {
      partition: this.progress.partition,
      row: (key: string) => {
        const table = cellTable<HourCell>();
        for (const cell of this.cells.get(key)?.values() ?? []) addCell(table, cell);
        return table;
      },
    };
  }

  put({ firstMet, counts, cuts, progress }: Effects, steps: number): void {
    if (steps >= 1) {
      for (const met of firstMet) {
        if (met.arrival >= (this.rows.get(met.detection.id)?.arrival ?? 0)) this.rows.set(met.detection.id, met);
      }
    }
    if (steps >= 2) {
      for (const { name, cells } of counts) {
        const row = this.cells.get(hourRowKey(name)) ?? new Map<string, HourCell>();
        this.cells.set(hourRowKey(name), row);
        for (const cell of cells)
          if (cell.upTo >= (row.get(hourCellKey(cell))?.upTo ?? 0)) row.set(hourCellKey(cell), { ...cell });
      }
    }
    if (steps >= 3) for (const { cut, tallies } of cuts) this.cuts.set(cut, tallies);
    if (steps >= 4) this.progress = progress;
  }

  step(records: readonly LogRecord[], steps = 4): Effects {
    const { batch } = admitted(this.progress, records);
    const effects = decideBatch({ progress: this.progress, rows: this.rows, counts: this.counts() }, batch, 0, RULES);
    this.put(effects, steps);
    return effects;
  }
}

const P = 2;
const [A, B] = idsAt(P, 2) as [number, number];
const fresh = (): Held => new Held(progressOf(P));
const tick = (offset: number): LogRecord => ({
  partition: P,
  offset,
  stamp: NOON,
  key: null,
  value: Buffer.alloc(0),
  headers: [[TICK_HEADER, Buffer.from('1')]],
});

describe('a batch', () => {
  it('counts a new detection in a cell of its place and three of all places', () => {
    const { counts, firstMet, tallies } = fresh().step([record(0, { id: A, place: 7 })]);
    assert.equal(tallies.new, 1);
    assert.equal(firstMet[0]?.offset, 0);
    assert.deepEqual(
      counts.map(({ name, cells }) => [name.group, cells.map(({ kind }) => kind)]),
      [
        [groupOf(oid(7)), ['place_item']],
        ['all', ['item', 'place', 'total']],
      ],
    );
    assert.ok(counts.flatMap(({ cells }) => cells).every(({ minutes, upTo }) => sumOf(minutes) === 1 && upTo === 0));
  });

  it('lists a new detection at its place', () => {
    const { counts } = fresh().step([record(5, { id: A, place: 7, detectedAt: NOON - 1 })]);
    const entries = [{ id: String(A), location: '7', detectedAt: NOON - 1 }];
    assert.deepEqual(counts[0]?.listed, [{ second: 3_599, first: 5, upTo: 5, entries }]);
    assert.deepEqual(counts[1]?.listed, []);
  });

  it('lists the detections of one second together, and no more of them than a cell should hold', () => {
    const ids = idsAt(P, 2_003);
    const { counts } = fresh().step(
      ids.map((id, offset) => record(offset, { id, detectedAt: NOON + (offset === 1 ? 1_000 : 0) })),
    );
    assert.deepEqual(
      counts[0]!.listed.map(({ second, first, upTo, entries }) => [second, first, upTo, entries.length]),
      [
        [0, 0, 2_000, 2_000],
        [1, 1, 1, 1],
        [0, 2_001, 2_002, 2],
      ],
    );
  });

  it('sees what its earlier records first met', () => {
    const { tallies, counts } = fresh().step([record(0, { id: A }), record(1, { id: A }), record(2, { id: B })]);
    assert.deepEqual([tallies.new, tallies.copies], [2, 1]);
    assert.deepEqual(
      [...new Set(counts.flatMap(({ cells }) => cells.map(({ minutes, upTo }) => `${sumOf(minutes)} up to ${upTo}`)))],
      ['2 up to 2'],
    );
  });

  it('counts nothing of a copy, whatever it says', () => {
    const held = fresh();
    held.step([record(0, { id: A, item: 'car' })]);
    const { tallies, counts, firstMet } = held.step([record(1, { id: A, item: 'bus', place: 9 })]);
    assert.deepEqual([tallies.copies, counts.length, firstMet.length], [1, 0, 0]);
  });

  it('writes the row of a deferred detection, counts it nowhere and lists it nowhere', () => {
    const { tallies, counts, firstMet } = fresh().step([record(0, { id: A, detectedAt: NOON - 2 * DAY_MS - 1 })]);
    assert.deepEqual([tallies.deferred, counts.length, firstMet.length], [1, 0, 1]);
  });

  it('sends a stray home and leaves its counting to the home partition', () => {
    const elsewhere = idsAt((P + 1) % 4, 1)[0]!;
    const { strays, tallies, counts, firstMet } = fresh().step([record(0, { id: elsewhere, partition: P })]);
    assert.deepEqual([strays[0]?.id, strays[0]?.home], [String(elsewhere), home(elsewhere)]);
    assert.deepEqual([tallies.strays, counts.length, firstMet.length], [1, 0, 0]);
  });

  it('keeps a dead letter with its reason, and tallies the reason', () => {
    const poison = { ...record(0, { id: A }), value: Buffer.from('{}') };
    const { deadLetters, tallies } = fresh().step([poison]);
    assert.equal(deadLetters[0]?.record, poison);
    assert.deepEqual(tallies.dead_letters_by_reason, { missing_field: 1 });
  });

  it('tallies a tick and lets it move the arrival', () => {
    const held = fresh();
    held.step([tick(0)]);
    assert.deepEqual([held.progress.tallies.ticks, held.progress.nextOffset, held.progress.arrival], [1, 1, NOON]);
  });

  it('counts a late detection in the minute of its detection and the epoch of its arrival', () => {
    const stamp = NOON + DAY_MS;
    const { counts } = fresh().step([record(0, { id: A, stamp, detectedAt: NOON + 5 * MINUTE_MS })]);
    const { name, cells } = counts[0]!;
    assert.deepEqual([name.epoch, name.hour], [Math.floor(stamp / DAY_MS), NOON / HOUR_MS]);
    assert.deepEqual(cells[0]?.minutes, [5, 1]);
  });

  it('leaves the tallies until then where it passes the end of an epoch, and nowhere else', () => {
    const days = [0, 0, 1, 1, 3];
    const held = fresh();
    held.step([record(0, { id: A })]);
    held.cuts.clear();
    held.step(days.map((day, at) => record(at + 1, { id: A, stamp: NOON + day * DAY_MS })));
    assert.deepEqual(
      [...held.cuts].map(([cut, tallies]) => [cut, recordsOf(tallies)]),
      [
        [3, 3],
        [5, 5],
      ],
    );
  });

  it('moves the progress past what is never delivered', () => {
    const { batch } = admitted(progressOf(P), [record(0, { id: A })]);
    const known = { progress: progressOf(P), rows: new Map(), counts: fresh().counts() };
    assert.equal(decideBatch(known, batch, 9, RULES).progress.nextOffset, 9);
    assert.equal(decideBatch(known, [], 9, RULES).progress.nextOffset, 9);
    assert.equal(decideBatch(known, batch, 0, RULES).progress.nextOffset, 1);
  });

  it('changes nothing that it was given', () => {
    const held = fresh();
    held.step([record(0, { id: A })]);
    const before = structuredClone({ cells: held.cells, rows: held.rows, progress: held.progress });
    held.step([record(1, { id: B }), record(2, { id: A })], 0);
    assert.deepEqual({ cells: held.cells, rows: held.rows, progress: held.progress }, before);
  });

  it('ends a worker that was left behind by more than W', () => {
    const held = fresh();
    const later = { ...fresh().step([record(0, { id: A, stamp: NOON + 5 * DAY_MS })]).firstMet[0]!, offset: 50 };
    held.rows.set(later.detection.id, later);
    assert.throws(() => held.step([record(1, { id: A })]), /offset 1 of partition 2 needs: .* offset 50/);
  });

  it('never spans more than W of arrival', () => {
    const records = [0, 3 * DAY_MS, 3 * DAY_MS + 1].map((afterMs, offset) =>
      record(offset, { id: A, stamp: NOON + afterMs }),
    );
    const { batch, rest } = admitted(progressOf(P), records);
    assert.deepEqual([batch.length, rest.map(({ offset }) => offset)], [2, [2]]);
  });

  it('ends before a record whose arrival is not settled, and counts a corrected one as the arrival before it', () => {
    const records = [0, 9 * DAY_MS, 1, 9 * DAY_MS + 1].map((afterMs, offset) =>
      record(offset, { id: A, stamp: NOON + afterMs }),
    );
    const held = admitted(progressOf(P), records, { settled: instant(NOON + DAY_MS), corrections: [] });
    assert.deepEqual(
      [held.batch.length, held.rest.map(({ offset }) => offset), held.waitsFor],
      [1, [1, 2, 3], 'stamp'],
    );
    const corrected = admitted(progressOf(P), records, {
      settled: instant(NOON + DAY_MS),
      corrections: [{ from: 1, to: 1 }],
    });
    assert.deepEqual(
      corrected.batch.map(({ arrival }) => arrival),
      [NOON, NOON, NOON + 1],
    );
    assert.deepEqual([corrected.rest.map(({ offset }) => offset), corrected.waitsFor], [[3], 'stamp']);
  });

  it('passes over records that progress has behind it', () => {
    const { batch } = admitted(
      progressOf(P, 2),
      [0, 1, 2].map((offset) => record(offset, { id: A })),
    );
    assert.deepEqual(
      batch.map(({ record: { offset } }) => offset),
      [2],
    );
  });
});

describe('deciding again', () => {
  const ids = idsAt(P, 6);
  const said = fc.record({
    id: fc.constantFrom(...ids),
    item: fc.constantFrom('car', 'bus'),
    place: fc.constantFrom(1, 2),
    ageMs: fc.constantFrom(0, 0, 0, HOUR_MS, 2 * DAY_MS, 3 * DAY_MS),
    afterMs: fc.constantFrom(0, 1_000, 1_000, HOUR_MS, DAY_MS, 2 * DAY_MS),
  });
  const logs = fc.array(said, { minLength: 1, maxLength: 40 }).map((all) => {
    let stamp = NOON;
    return all.map(({ ageMs, afterMs, ...rest }, offset) => {
      stamp += afterMs;
      return record(offset, { ...rest, stamp, detectedAt: stamp - ageMs });
    });
  });
  const tries = fc.array(fc.record({ size: fc.integer({ min: 1, max: 12 }), steps: fc.integer({ min: 0, max: 4 }) }), {
    maxLength: 30,
  });

  it('changes nothing, whatever the batches and wherever a try ended', () => {
    fc.assert(
      fc.property(logs, tries, (log, attempts) => {
        const straight = fresh();
        for (const one of log) straight.step([one]);
        const crashing = fresh();
        const left = (): LogRecord[] => log.slice(crashing.progress.nextOffset);
        for (const { size, steps } of attempts) if (left().length > 0) crashing.step(left().slice(0, size), steps);
        while (left().length > 0) crashing.step(left());
        assert.deepEqual(crashing.progress.tallies, straight.progress.tallies);
        assert.deepEqual(instant(crashing.progress.arrival), straight.progress.arrival);
        assert.deepEqual(crashing.cells, straight.cells);
        assert.deepEqual(crashing.cuts, straight.cuts);
        assert.deepEqual([...crashing.rows].sort(), [...straight.rows].sort());
      }),
      { numRuns: 1_000 },
    );
  });
});
