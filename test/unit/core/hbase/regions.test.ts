// Which region holds a row: the quick look-up against the plain definition, with holes.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { makeRegion, TableRegions } from '../../../../core/hbase/regions.ts';
import { region, tableOf } from './table-of.ts';

// Few different bytes and lengths around six, so that prefixes tie.
const key = fc.array(fc.constantFrom(0, 1, 255), { maxLength: 8 }).map((array) => Buffer.from(array));

test('a row belongs to the one region whose range holds it, or to none in a hole', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 12, selector: (k) => k.toString('hex') }),
      fc.array(fc.boolean()),
      fc.array(key),
      (splits, gone, rows) => {
        const whole = tableOf(splits);
        assert.equal(whole.isWhole, true);
        const table = new TableRegions(
          't',
          1,
          whole.regions.filter((_, i) => gone[i] !== true),
        );
        for (const row of [...rows, ...splits]) {
          const naive = table.regions.findIndex(
            ({ start, end }) => Buffer.compare(start, row) <= 0 && (end.length === 0 || Buffer.compare(row, end) < 0),
          );
          assert.equal(table.indexOf(row), naive);
        }
      },
    ),
  );
});

test('a table with a missing, a doubled or an unfinished region is not whole', () => {
  const regions = tableOf([Buffer.from('g'), Buffer.from('n')]).regions;
  assert.equal(new TableRegions('t', 1, []).isWhole, false);
  assert.equal(new TableRegions('t', 1, [regions[0]!, regions[2]!]).isWhole, false);
  assert.equal(new TableRegions('t', 1, [regions[0]!, regions[1]!]).isWhole, false);
  assert.equal(new TableRegions('t', 1, [...regions, region('g', 'n')]).isWhole, false);
});

test('a region carries its specifier ready for the wire', () => {
  const { specifier } = makeRegion(
    Buffer.from('abc'),
    { region_id: '1', table_name: { namespace: Buffer.from('n'), qualifier: Buffer.from('t') } },
    's:1',
  );
  assert.equal(specifier.toString('hex'), '0a07' + '0801' + '1203616263');
});
