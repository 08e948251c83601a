// A table's description survives the way to HBase's attributes and back, and changing it changes nothing else.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { changeFamilies, decodeSchema, encodeSchema } from '../../../../core/hbase/schema.ts';
import type { TableSchema } from '../../../../core/hbase/types.ts';

const SCHEMA: TableSchema = {
  name: 'n:t',
  families: [
    {
      name: 'f',
      ttlSeconds: 60,
      maxVersions: 1,
      bloom: 'ROWCOL',
      compression: 'NONE',
      blockSizeBytes: 4096,
      dataBlockEncoding: 'FAST_DIFF',
      inMemory: true,
    },
    { name: 'g' },
  ],
};

test('what is encoded is decoded', () => {
  assert.deepEqual(decodeSchema('n:t', encodeSchema(SCHEMA)), SCHEMA);
});

test('a family without a time to live says so by leaving it out', () => {
  const forever = encodeSchema({ name: 'n:t', families: [{ name: 'f', ttlSeconds: 2147483647 }] });
  assert.deepEqual(decodeSchema('n:t', forever).families, [{ name: 'f' }]);
});

test('a change touches the named attributes of the named families and adds the missing ones', () => {
  const descriptor = encodeSchema(SCHEMA);
  const changed = changeFamilies(descriptor, {
    name: 'n:t',
    families: [
      { name: 'f', ttlSeconds: 99 },
      { name: 'h', maxVersions: 2 },
    ],
  });
  assert.deepEqual(decodeSchema('n:t', changed).families, [
    { ...SCHEMA.families[0], ttlSeconds: 99 },
    { name: 'g' },
    { name: 'h', maxVersions: 2 },
  ]);
});

test('a change to what is there already is no change', () => {
  const descriptor = encodeSchema(SCHEMA);
  assert.equal(changeFamilies(descriptor, { name: 'n:t', families: [{ name: 'f', ttlSeconds: 60 }] }), descriptor);
});
