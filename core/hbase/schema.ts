/**
 * A table's description: from our words (types.ts) to HBase's attributes, which are pairs of ASCII texts, and back.
 * admin.ts sends and reads them. A change keeps attributes and families that our words do not name.
 */
import { familyBytes } from './cells.ts';
import type { BytesPair, ColumnFamilySchema, TableDescriptor } from './messages.ts';
import { tableName } from './meta.ts';
import type { FamilySchema, TableSchema } from './types.ts';

/** HBase's word for "never": the greatest 32-bit integer. */
const FOREVER_SECONDS = 2147483647;

export function encodeSchema(schema: TableSchema): TableDescriptor {
  return {
    table_name: tableName(schema.name),
    attributes: [],
    column_families: schema.families.map((family) => encodeFamily(family, undefined)),
    configuration: [],
  };
}

/** The descriptor with the families of `schema` changed or added; the same object where nothing changes. */
export function changeFamilies(descriptor: TableDescriptor, schema: TableSchema): TableDescriptor {
  const wanted = new Map(schema.families.map((family) => [family.name, family]));
  const families = descriptor.column_families.map((existing) => {
    const name = existing.name.toString('utf8');
    const family = wanted.get(name);
    wanted.delete(name);
    return family === undefined ? existing : encodeFamily(family, existing);
  });
  for (const family of wanted.values()) families.push(encodeFamily(family, undefined));
  const before = JSON.stringify(descriptor.column_families.map(familyText));
  if (JSON.stringify(families.map(familyText)) === before) return descriptor;
  return { ...descriptor, column_families: families };
}

export function decodeSchema(table: string, descriptor: TableDescriptor): TableSchema {
  return { name: table, families: descriptor.column_families.map(decodeFamily) };
}

function encodeFamily(family: FamilySchema, existing: ColumnFamilySchema | undefined): ColumnFamilySchema {
  const attributes = new Map(
    (existing?.attributes ?? []).map(({ first, second }) => [first.toString('latin1'), second]),
  );
  const set = (name: string, value: string | number | boolean | undefined) => {
    if (value !== undefined) attributes.set(name, Buffer.from(String(value), 'latin1'));
  };
  set('TTL', family.ttlSeconds);
  set('VERSIONS', family.maxVersions);
  set('BLOOMFILTER', family.bloom);
  set('COMPRESSION', family.compression);
  set('BLOCKSIZE', family.blockSizeBytes);
  set('DATA_BLOCK_ENCODING', family.dataBlockEncoding);
  set('IN_MEMORY', family.inMemory);
  set('IN_MEMORY_COMPACTION', family.inMemoryCompaction);
  const pairs: BytesPair[] = [];
  for (const [first, second] of attributes) pairs.push({ first: Buffer.from(first, 'latin1'), second });
  return { name: familyBytes(family.name), attributes: pairs, configuration: existing?.configuration ?? [] };
}

function decodeFamily(family: ColumnFamilySchema): FamilySchema {
  const attributes = new Map(
    family.attributes.map(({ first, second }) => [first.toString('latin1'), second.toString('latin1')]),
  );
  const schema: { -readonly [K in keyof FamilySchema]: FamilySchema[K] } = { name: family.name.toString('utf8') };
  const ttl = attributes.get('TTL');
  if (ttl !== undefined && ttl !== 'FOREVER' && Number(ttl) !== FOREVER_SECONDS) schema.ttlSeconds = Number(ttl);
  const versions = attributes.get('VERSIONS');
  if (versions !== undefined) schema.maxVersions = Number(versions);
  const bloom = attributes.get('BLOOMFILTER');
  if (bloom === 'ROW' || bloom === 'NONE' || bloom === 'ROWCOL') schema.bloom = bloom;
  const codec = attributes.get('COMPRESSION')?.toUpperCase();
  if (codec === 'NONE' || codec === 'GZ' || codec === 'ZSTD') schema.compression = codec;
  const blockSize = attributes.get('BLOCKSIZE');
  if (blockSize !== undefined) schema.blockSizeBytes = Number(blockSize);
  const encoding = attributes.get('DATA_BLOCK_ENCODING');
  if (encoding === 'NONE' || encoding === 'FAST_DIFF') schema.dataBlockEncoding = encoding;
  const inMemory = attributes.get('IN_MEMORY');
  if (inMemory !== undefined) schema.inMemory = inMemory === 'true';
  const compaction = attributes.get('IN_MEMORY_COMPACTION');
  if (compaction === 'NONE' || compaction === 'BASIC') schema.inMemoryCompaction = compaction;
  return schema;
}

function familyText(family: ColumnFamilySchema): string {
  const attributes = family.attributes.map(
    ({ first, second }) => `${first.toString('latin1')}=${second.toString('latin1')}`,
  );
  return `${family.name.toString('latin1')}:${attributes.sort().join(',')}`;
}
