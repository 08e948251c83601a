/** How the tables are packed: by the best codec that the cluster has, and never otherwise than they were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HBaseError } from '../../../../../core/hbase/errors.ts';
import type { Codec, HBaseClient, TableSchema } from '../../../../../core/hbase/types.ts';
import { ensureFamilies, ensureTables } from '../../../../../core/stores/tables/schema.ts';

/** A master that lacks some codecs, as test/contract/hbase-fates.test.ts saw it refuse one. */
function masterWith(codecs: readonly Codec[], there: TableSchema[] = []) {
  const tables = new Map(there.map((table) => [table.name, table]));
  const check = ({ families }: TableSchema): void => {
    const missing = families.find(({ compression }) => compression !== undefined && !codecs.includes(compression));
    if (missing)
      throw new HBaseError(
        'bug',
        'DoNotRetryIOException',
        'java.lang.NoClassDefFoundError: net/jpountz/lz4/LZ4Factory Set hbase.table.sanity.checks to false at conf or ' +
          'table descriptor if you want to bypass sanity checks',
      );
  };
  const admin = {
    ensureNamespace: async () => undefined,
    ensureTable: async (schema: TableSchema) => {
      check(schema);
      tables.set(schema.name, schema);
      return 'created';
    },
    describeTable: async (name: string) => tables.get(name) ?? null,
    modifyFamilies: async (schema: TableSchema) => {
      check(schema);
      const families = new Map(tables.get(schema.name)!.families.map((family) => [family.name, family]));
      for (const family of schema.families) families.set(family.name, { ...families.get(family.name), ...family });
      tables.set(schema.name, { ...schema, families: [...families.values()] });
    },
  };
  const packedBy = (name: string) => tables.get(name)?.families.map(({ compression }) => compression);
  return { hbase: { admin } as unknown as HBaseClient, packedBy };
}

const OPTIONS = { detections: [{ name: 'd', ttlSeconds: 9 }], regions: 4 };

test('tables are packed with Zstandard, or with the best that the cluster has', async () => {
  for (const [codecs, best] of [
    [['NONE', 'GZ', 'ZSTD'], 'ZSTD'],
    [['NONE', 'GZ'], 'GZ'],
    [['NONE'], 'NONE'],
  ] as const) {
    const { hbase, packedBy } = masterWith(codecs);
    await ensureTables(hbase, 'ns', OPTIONS);
    assert.deepEqual(packedBy('ns:detections'), [best]);
    assert.deepEqual(new Set(packedBy('ns:speed_view')), new Set([best]));
  }
});

test('another refusal is not taken for a codec that is missing', async () => {
  const refused = new HBaseError('refuse', 'AccessDeniedException', 'no');
  const { hbase } = masterWith(['ZSTD']);
  hbase.admin.ensureTable = () => Promise.reject(refused);
  await assert.rejects(ensureTables(hbase, 'ns', OPTIONS), refused);
});

test('a family that is there stays packed as it was, also when its rows must live longer', async () => {
  const table = { name: 'ns:detections', families: [{ name: 'd', ttlSeconds: 1, compression: 'NONE' as const }] };
  const { hbase, packedBy } = masterWith(['NONE', 'GZ', 'ZSTD'], [table]);
  await ensureFamilies(hbase, { name: table.name, families: [{ name: 'd', ttlSeconds: 5 }, { name: 'd2' }] });
  assert.deepEqual(packedBy(table.name), ['NONE', 'ZSTD']);
});
