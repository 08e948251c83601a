/** Row keys and cells: what is written is read back, and the order of bytes is the order that questions rely on (L4). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CountCell, CountRowName, Scope } from '../../../../core/domain/counts.ts';
import { cellKey, LEVELS } from '../../../../core/domain/counts.ts';
import { epoch } from '../../../../core/domain/epoch.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { HOUR_MS, instant, LAST_INSTANT } from '../../../../core/domain/time.ts';
import {
  batchRanges,
  batchRow,
  decodeBatchRow,
  decodeCount,
  decodeFirstMet,
  decodeListQualifier,
  decodeSpeedRow,
  encodeCount,
  encodeFirstMet,
  listQualifier,
  oidOfRow,
  saltedOid,
  speedEpochRanges,
  speedRanges,
  speedRangesBefore,
  speedRow,
} from '../../../../core/layout/hbase.ts';
import type { RowRange } from '../../../../core/layout/hbase.ts';

/** Objects as the code makes them. */
const PLAIN = { noNullPrototype: true } as const;
const oids = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(oid);
const smallOids = fc.integer({ min: -5, max: 5 }).map(oid);
const instants = fc.integer({ min: 0, max: LAST_INSTANT }).map(instant);
const offsets = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const hours = fc.integer({ min: 0, max: Math.floor(LAST_INSTANT / HOUR_MS) });
const epochs = fc.integer({ min: 0, max: 2 ** 32 - 2 }).map(epoch);
const generations = fc.integer({ min: 1, max: 1_000 });
const scopes: fc.Arbitrary<Scope> = fc.oneof(fc.constant('all' as const), oids);
const names: fc.Arbitrary<CountRowName> = fc.record({ scope: scopes, hour: hours, epoch: epochs }, PLAIN);
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
  const rows = fc.record({
    logLife: fc.integer({ min: 1, max: 2 ** 31 }),
    partition: fc.nat(65_535),
    offset: offsets,
    arrival: instants,
    detection: fc.record({ id: oids, location: oids, camera: oids, detectedAt: instants, item: items }, PLAIN),
  }, PLAIN);

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
    scope: fc.oneof(fc.constant('all' as const), smallOids) as fc.Arbitrary<Scope>,
    hour: fc.integer({ min: 95, max: 105 }),
    epoch: fc.integer({ min: 0, max: 5 }).map(epoch),
  });
  const question = fc.record({
    scope: fc.oneof(fc.constant('all' as const), smallOids) as fc.Arbitrary<Scope>,
    epoch: fc.integer({ min: 0, max: 5 }).map(epoch),
    from: fc.integer({ min: 95, max: 100 }),
    to: fc.integer({ min: 100, max: 105 }),
    partitionCount: fc.integer({ min: 1, max: 40 }),
  });

  it('of the speed view lie in the ranges of their scope, epoch and hours, and no other does', () => {
    fc.assert(
      fc.property(near, question, fc.nat(39), (name, asked, any) => {
        const partition = any % asked.partitionCount;
        const ranges = speedRanges(1, asked.scope, asked.epoch, asked, asked.partitionCount);
        const wanted = name.scope === asked.scope && name.epoch === asked.epoch && asked.from <= name.hour && name.hour <= asked.to;
        assert.equal(isIn(speedRow(1, name, partition), ranges), wanted);
        assert.equal(isIn(speedRow(2, name, partition), ranges), false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of the batch view lie in the ranges of their scope and hours, whatever the epoch', () => {
    fc.assert(
      fc.property(near, question, (name, asked) => {
        const wanted = name.scope === asked.scope && asked.from <= name.hour && name.hour <= asked.to;
        assert.equal(isIn(batchRow(1, name), batchRanges(1, asked.scope, asked)), wanted);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of an epoch, and of those before it, are told apart', () => {
    fc.assert(
      fc.property(near, fc.integer({ min: 0, max: 6 }), fc.nat(20), (name, e, partition) => {
        const row = speedRow(7, name, partition);
        assert.equal(isIn(row, speedEpochRanges(7, epoch(e))), name.epoch === e);
        assert.equal(isIn(row, speedRangesBefore(7, e)), name.epoch < e);
      }),
    );
  });
});

describe('count cells', () => {
  const cells: fc.Arbitrary<CountCell> = fc.constantFrom(...LEVELS).chain((level) =>
    fc.record({
      level: fc.constant(level),
      minute: level.startsWith('minute') ? fc.nat(59) : fc.constant(0),
      subject: level.endsWith('item') ? items : level.endsWith('place') ? (oids as fc.Arbitrary<string>) : fc.constant(''),
      count: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      upTo: offsets,
    }, PLAIN),
  );

  it('are read back as they were written, with long names too', () => {
    fc.assert(fc.property(cells, (cell) => assert.deepEqual(decodeCount(encodeCount(cell)), cell)));
  });

  it('have one place per name', () => {
    fc.assert(
      fc.property(cells, cells, (a, b) => {
        const place = ({ family, qualifier }: ReturnType<typeof encodeCount>): string => `${family}:${qualifier.toString('hex')}`;
        assert.equal(place(encodeCount(a)) === place(encodeCount(b)), cellKey(a) === cellKey(b));
      }),
    );
  });

  it('keep their qualifiers short, however long the name', () => {
    const long = encodeCount({ level: 'minute_item', minute: 59, subject: '😀'.repeat(5_000), count: 1, upTo: 1 });
    assert.equal(long.qualifier.length, 18);
  });
});

describe('the list of detections', () => {
  it('leads back to time and id', () => {
    fc.assert(
      fc.property(instants, oids, (detectedAt, id) => {
        const hour = Math.floor(detectedAt / HOUR_MS);
        assert.deepEqual(decodeListQualifier(hour, listQualifier(detectedAt, id)), { detectedAt, id });
      }),
    );
  });

  it('sorts the newest first within its hour', () => {
    fc.assert(
      fc.property(fc.nat(HOUR_MS - 1), fc.nat(HOUR_MS - 1), oids, oids, (a, b, idA, idB) => {
        fc.pre(a !== b);
        const order = Buffer.compare(listQualifier(instant(a), idA), listQualifier(instant(b), idB));
        assert.equal(order, a > b ? -1 : 1);
      }),
    );
  });
});
