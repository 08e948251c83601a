import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readReference } from '../../../../hadoop-compose/reference/csv.ts';

const HEADER = 'geographical_location_oid,geographical_location\n';

describe('reading dataset B from CSV', () => {
  it('takes the good lines and names the bad ones by number', () => {
    const { locations, badLines } = readReference(`${HEADER}1,Harbour\nx,Nowhere\n3,\n4,"Hall, ""B"""\n007,Bond\n6\n`);
    assert.deepEqual(locations, [
      { oid: '1', name: 'Harbour' },
      { oid: '4', name: 'Hall, "B"' },
    ]);
    assert.deepEqual(badLines.map(({ line }) => line), [3, 4, 6, 7]);
  });

  it('keeps ids beyond 2^53 and refuses ids beyond 64 bits', () => {
    const { locations, badLines } = readReference(`${HEADER}9007199254740993,Far\n9223372036854775808,Too far\n`);
    assert.deepEqual(locations, [{ oid: '9007199254740993', name: 'Far' }]);
    assert.equal(badLines.length, 1);
  });

  it('calls a second name for one place a bad line, and a repeated line none', () => {
    const { locations, badLines } = readReference(`${HEADER}1,A\n1,A\n1,B\n`);
    assert.deepEqual(locations, [{ oid: '1', name: 'A' }]);
    assert.deepEqual(badLines.map(({ line }) => line), [4]);
  });

  it('finds the columns by name, in any order, behind a byte-order mark', () => {
    const { locations } = readReference('\uFEFFgeographical_location,extra,geographical_location_oid\nStraße,x,5\n');
    assert.deepEqual(locations, [{ oid: '5', name: 'Straße' }]);
  });

  it('refuses a file without the two columns', () => {
    assert.throws(() => readReference('id,name\n1,A\n'), /must name the columns/);
  });

  it('goes on after a line with a broken quote', () => {
    const { locations, badLines } = readReference(`${HEADER}1,A\n2,B"C"\n3,D\n`);
    assert.deepEqual(locations.map(({ oid }) => oid), ['1', '3']);
    assert.equal(badLines.length, 1);
  });

  it('reads the places that come with the project without a bad line', () => {
    const text = readFileSync(new URL('../../../../hadoop-compose/cameras/places.csv', import.meta.url), 'utf8');
    const { locations, badLines } = readReference(text);
    assert.equal(badLines.length, 0);
    assert.ok(locations.length >= 400);
  });
});
