/**
 * Row keys and cells: what is written is read back, and the order of bytes is the order that questions rely on (L4).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { epoch } from '../../../../core/domain/epoch.ts';
import type { Group, HourCell, HourRowName } from '../../../../core/domain/hour-counts.ts';
import { hourCellKey } from '../../../../core/domain/hour-counts.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { HOUR_MS, instant, LAST_INSTANT } from '../../../../core/domain/time.ts';
import {
  batchRow,
  columnsOfPlace,
  columnsOfSeconds,
  decodeBatchRow,
  decodeFirstMet,
  decodeHourCell,
  decodeList,
  decodeSpeedRow,
  encodeFirstMet,
  encodeHourCell,
  encodeList,
  oidOfRow,
  saltedOid,
  speedRow,
} from '../../../../core/layout/hbase.ts';
import type { RowRange } from '../../../../core/layout/hbase-ranges.ts';
import { batchEpochRanges, batchRanges, speedEpochRanges, speedRanges } from '../../../../core/layout/hbase-ranges.ts';

/** Objects as the code makes them. */
const PLAIN = { noNullPrototype: true } as const;
const oids = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(oid);
const smallOids = fc.integer({ min: -5, max: 5 }).map(oid);
const instants = fc.integer({ min: 0, max: LAST_INSTANT }).map(instant);
const offsets = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const hours = fc.integer({ min: 0, max: Math.floor(LAST_INSTANT / HOUR_MS) });
const epochs = fc.integer({ min: 0, max: 2 ** 32 - 2 }).map(epoch);
const generations = fc.integer({ min: 1, max: 1_000 });
const groups: fc.Arbitrary<Group> = fc.oneof(fc.constant('all' as const), fc.nat(15));
const names: fc.Arbitrary<HourRowName> = fc.record({ group: groups, hour: hours, epoch: epochs }, PLAIN);
const items = fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' });

const isIn = (row: Buffer, ranges: readonly RowRange[]): boolean =>
  ranges.some(({ start, stop }) => Buffer.compare(row, start) >= 0 && Buffer.compare(row, stop) < 0);

describe('the row of an id', () => {
  it('leads back to the id', () => {
    fc.assert(fc.property(oids, (id) => assert.equal(oidOfRow(saltedOid(id)), id)));
  });

  it('keeps the order of ids behind the salt', () => {
    fc.assert(
      fc.property(oids, oids, (a, b) => {
        const order = Buffer.compare(saltedOid(a).subarray(1), saltedOid(b).subarray(1));
        assert.equal(order, BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0);
      }),
    );
  });

  it('has these bytes', () => {
    assert.equal(saltedOid(oid(17)).subarray(1).toString('hex'), '8000000000000011');
    assert.equal(saltedOid(oid(-1)).subarray(1).toString('hex'), '7fffffffffffffff');
  });
});

describe('a first-met row', () => {
  const rows = fc.record(
    {
      logLife: fc.integer({ min: 1, max: 2 ** 31 }),
      partition: fc.nat(65_535),
      offset: offsets,
      arrival: instants,
      detection: fc.record({ id: oids, location: oids, camera: oids, detectedAt: instants, item: items }, PLAIN),
    },
    PLAIN,
  );

  it('is read back as it was written', () => {
    fc.assert(fc.property(rows, (met) => assert.deepEqual(decodeFirstMet(met.detection.id, encodeFirstMet(met)), met)));
  });

  it('is refused when it is cut short', () => {
    const detection = { id: oid(1), location: oid(2), camera: oid(3), detectedAt: instant(4), item: 'c' };
    const bytes = encodeFirstMet({ logLife: 1, partition: 0, offset: 5, arrival: instant(6), detection });
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeFirstMet(oid(1), bytes.subarray(0, length)), RangeError, `${length} bytes`);
    }
  });
});

describe('rows of the views', () => {
  it('lead back to their names', () => {
    fc.assert(
      fc.property(generations, names, fc.nat(65_535), (generation, name, partition) => {
        assert.deepEqual(decodeSpeedRow(speedRow(generation, name, partition)), { ...name, generation, partition });
        assert.deepEqual(decodeBatchRow(batchRow(generation, name)), { ...name, generation });
      }),
    );
  });

  const near = fc.record({
    group: groups,
    hour: fc.integer({ min: 95, max: 105 }),
    epoch: fc.integer({ min: 0, max: 5 }).map(epoch),
  });
  const question = fc.record({
    group: groups,
    epoch: fc.integer({ min: 0, max: 5 }).map(epoch),
    from: fc.integer({ min: 95, max: 100 }),
    to: fc.integer({ min: 100, max: 105 }),
  });

  it('of the speed view lie in the ranges of their group, epoch and hours, and no other does', () => {
    fc.assert(
      fc.property(near, question, fc.nat(39), (name, asked, partition) => {
        const ranges = speedRanges(1, asked.group, asked.epoch, asked);
        const wanted =
          name.group === asked.group && name.epoch === asked.epoch && asked.from <= name.hour && name.hour <= asked.to;
        assert.equal(isIn(speedRow(1, name, partition), ranges), wanted);
        assert.equal(isIn(speedRow(2, name, partition), ranges), false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of the batch view lie in the ranges of their group and hours, whatever the epoch', () => {
    fc.assert(
      fc.property(near, question, (name, asked) => {
        const wanted = name.group === asked.group && asked.from <= name.hour && name.hour <= asked.to;
        assert.equal(isIn(batchRow(1, name), batchRanges(1, asked.group, asked)), wanted);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of the batch view lie in the ranges of some epochs, if they are of those, and no other does', () => {
    fc.assert(
      fc.property(
        near,
        question,
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (name, asked, after, more) => {
          const wanted =
            name.group === asked.group &&
            asked.from <= name.hour &&
            name.hour <= asked.to &&
            name.epoch > after &&
            name.epoch <= after + more;
          assert.equal(
            isIn(batchRow(1, name), batchEpochRanges(1, asked.group, asked, { after, upTo: after + more })),
            wanted,
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('of an epoch, and of those before it, are told apart', () => {
    fc.assert(
      fc.property(near, fc.integer({ min: 0, max: 6 }), fc.nat(20), (name, e, partition) => {
        const row = speedRow(7, name, partition);
        assert.equal(isIn(row, speedEpochRanges(7, e, e + 1)), name.epoch === e);
        assert.equal(isIn(row, speedEpochRanges(7, 0, e)), name.epoch < e);
      }),
    );
  });
});

describe('hour cells', () => {
  const minutes = fc
    .uniqueArray(fc.nat(59), { maxLength: 60 })
    .chain((all) =>
      fc.tuple(
        fc.constant(all.sort((a, b) => a - b)),
        fc.array(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { minLength: 60, maxLength: 60 }),
      ),
    )
    .map(([all, counts]) => all.flatMap((minute, at) => [minute, counts[at]!]));
  const cells: fc.Arbitrary<HourCell> = fc.constantFrom('place_item', 'item', 'place', 'total').chain(
    (kind) =>
      fc.record(
        {
          kind: fc.constant(kind),
          location: kind.startsWith('place') ? oids : fc.constant('' as const),
          item: kind.endsWith('item') ? items : fc.constant(''),
          minutes,
          upTo: offsets,
        },
        PLAIN,
      ) as fc.Arbitrary<HourCell>,
  );
  const groupFor = (cell: HourCell): Group => (cell.kind === 'place_item' ? 3 : 'all');

  it('are read back as they were written, with long names too', () => {
    fc.assert(
      fc.property(cells, (cell) => assert.deepEqual(decodeHourCell(groupFor(cell), encodeHourCell(cell)), cell)),
    );
  });

  it('have one place per name', () => {
    fc.assert(
      fc.property(cells, cells, (a, b) => {
        const place = (cell: HourCell): string =>
          `${groupFor(cell)}:${encodeHourCell(cell).family}:${encodeHourCell(cell).qualifier.toString('hex')}`;
        assert.equal(place(a) === place(b), hourCellKey(a) === hourCellKey(b));
      }),
    );
  });

  it('have these bytes', () => {
    const cell = { kind: 'place_item', location: oid(17), item: 'car', minutes: [3, 7, 4, 300], upTo: 99 } as const;
    const { family, qualifier, value } = encodeHourCell(cell);
    assert.deepEqual(
      [family, qualifier.toString('hex'), value.toString('hex')],
      ['i', '800000000000001100636172', '02030704ac02'],
    );
  });

  it('are refused when the value was cut short', () => {
    const encoded = encodeHourCell({ kind: 'total', location: '', item: '', minutes: [3, 7, 4, 300], upTo: 99 });
    for (let length = 0; length < encoded.value.length; length++) {
      assert.throws(
        () => decodeHourCell('all', { ...encoded, value: encoded.value.subarray(0, length) }),
        RangeError,
        `${length} bytes`,
      );
    }
  });

  it('keep their qualifiers short, however long the name', () => {
    const long = encodeHourCell({
      kind: 'place_item',
      location: oid(1),
      item: '😀'.repeat(5_000),
      minutes: [59, 1],
      upTo: 1,
    });
    assert.equal(long.qualifier.length, 25);
  });

  it('of a place lie in the columns of the place, and no other does', () => {
    fc.assert(
      fc.property(cells, smallOids, smallOids, (cell, asked, location) => {
        if (cell.location === '') return;
        const { qualifier } = encodeHourCell({ ...cell, location });
        const { from, to } = columnsOfPlace(asked);
        assert.equal(Buffer.compare(qualifier, from) >= 0 && Buffer.compare(qualifier, to) < 0, location === asked);
      }),
    );
  });
});

describe('the list of detections', () => {
  const second = fc.nat(3_599);
  const entriesOf = (hour: number, of: number) =>
    fc.array(
      fc.record(
        { id: oids, location: oids, detectedAt: fc.nat(999).map((ms) => instant(hour * HOUR_MS + of * 1_000 + ms)) },
        PLAIN,
      ),
      { minLength: 1, maxLength: 20 },
    );

  it('leads back to time, place and id', () => {
    fc.assert(
      fc.property(
        fc
          .tuple(hours, second)
          .chain(([hour, of]) => fc.tuple(fc.constant(hour), fc.constant(of), entriesOf(hour, of))),
        offsets,
        ([hour, of, entries], first) => {
          assert.deepEqual(decodeList(hour, encodeList(of, first, 1, entries)), entries);
        },
      ),
    );
  });

  it('sorts the newest second first within its hour, and lies in the columns of its seconds', () => {
    fc.assert(
      fc.property(second, second, second, (a, b, of) => {
        const key = (at: number): Buffer => encodeList(at, 7, 1, []).qualifier;
        if (a !== b) assert.equal(Buffer.compare(key(a), key(b)), a > b ? -1 : 1);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const { from, to } = columnsOfSeconds(low, high);
        assert.equal(Buffer.compare(key(of), from) >= 0 && Buffer.compare(key(of), to) < 0, low <= of && of <= high);
      }),
    );
  });

  it('is refused when it was cut short', () => {
    const { qualifier, value } = encodeList(5, 0, 1, [{ id: oid(1), location: oid(2), detectedAt: instant(5_001) }]);
    assert.throws(() => decodeList(0, { qualifier, value: value.subarray(0, 17) }), RangeError);
  });
});
