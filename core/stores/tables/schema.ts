/**
 * Creates what HBase lacks: the namespace and its tables, split; safe to repeat.
 *
 * `sightline prepare` and tests call it. An existing table keeps its schema, with two exceptions: it gets families that
 * it lacks (a rebuild's generation has one of its own), and a longer time to live of first-met rows when Kafka's
 * retention or W needs it (law L6). Nothing here shortens a time to live, and no file is packed in another way than
 * before: an operator may alter that (docs/operations.md).
 */
import { HBaseError } from '../../hbase/errors.ts';
import type { Codec, FamilySchema, HBaseClient, TableSchema } from '../../hbase/types.ts';
import type { FamilyPlan, TableOptions, TablePlan } from '../../layout/tables.ts';
import { tablePlans } from '../../layout/tables.ts';

export async function ensureTables(hbase: HBaseClient, namespace: string, options: TableOptions): Promise<void> {
  await hbase.admin.ensureNamespace(namespace);
  for (const plan of tablePlans(options)) {
    const schema = schemaOf(namespace, plan);
    const outcome = await packed(schema, (each) => hbase.admin.ensureTable(each, [...plan.splitKeys]));
    if (outcome === 'existed') await ensureFamilies(hbase, schema);
  }
}

function schemaOf(namespace: string, { name, families }: TablePlan): TableSchema {
  return { name: `${namespace}:${name}`, families: families.map(familyOf) };
}

export function familyOf({ name, ttlSeconds }: FamilyPlan): FamilySchema {
  return {
    name,
    maxVersions: 1,
    bloom: 'ROW',
    inMemoryCompaction: 'BASIC',
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  };
}

/** Adds the families that the table lacks, and raises times to live that are too short. */
export async function ensureFamilies(hbase: HBaseClient, wanted: TableSchema): Promise<void> {
  const existing = await hbase.admin.describeTable(wanted.name);
  const found = new Map(existing?.families.map((family) => [family.name, family]));
  const added = wanted.families.filter(({ name }) => !found.has(name));
  const longer = wanted.families.filter(({ name, ttlSeconds }) => {
    const now = found.get(name)?.ttlSeconds;
    return ttlSeconds !== undefined && now !== undefined && now < ttlSeconds;
  });
  if (added.length > 0) await packed({ ...wanted, families: added }, (schema) => hbase.admin.modifyFamilies(schema));
  if (longer.length > 0) await hbase.admin.modifyFamilies({ ...wanted, families: longer });
}

/** The best first; bench/speed/README.md has the bytes and what they cost. */
const CODECS: readonly Codec[] = ['ZSTD', 'GZ', 'NONE'];

/** Carries out with the families packed by the best codec that the cluster has. */
async function packed<T>(schema: TableSchema, carryOut: (schema: TableSchema) => Promise<T>): Promise<T> {
  for (const compression of CODECS) {
    try {
      return await carryOut({ ...schema, families: schema.families.map((family) => ({ ...family, compression })) });
    } catch (error) {
      if (!isWithoutCodec(error) || compression === 'NONE') throw error;
    }
  }
  throw new Error('unreachable');
}

/**
 * The master tries a codec before it makes a table. What it says when it lacks one differs (a class, a library); that
 * it was a check of the schema it says always.
 */
function isWithoutCodec(error: unknown): boolean {
  return error instanceof HBaseError && error.message.includes('hbase.table.sanity.checks');
}
