/**
 * Creates what HBase lacks: the namespace and its tables, split; safe to repeat.
 *
 * `sightline prepare` and tests call it. An existing table keeps its schema, with two exceptions: it gets families that
 * it lacks (a rebuild's generation has one of its own), and a longer time to live of first-met rows when Kafka's
 * retention or W needs it (law L6). Nothing here shortens a time to live.
 */
import type { FamilySchema, HBaseClient, TableSchema } from '../../hbase/types.ts';
import type { FamilyPlan, TableOptions, TablePlan } from '../../layout/tables.ts';
import { tablePlans } from '../../layout/tables.ts';

export async function ensureTables(hbase: HBaseClient, namespace: string, options: TableOptions): Promise<void> {
  await hbase.admin.ensureNamespace(namespace);
  for (const plan of tablePlans(options)) {
    const schema = schemaOf(namespace, plan);
    const outcome = await hbase.admin.ensureTable(schema, [...plan.splitKeys]);
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
  const lacking = wanted.families.filter((family) => {
    const now = existing?.families.find(({ name }) => name === family.name);
    return (
      now === undefined ||
      (family.ttlSeconds !== undefined && now.ttlSeconds !== undefined && now.ttlSeconds < family.ttlSeconds)
    );
  });
  if (lacking.length > 0) await hbase.admin.modifyFamilies({ ...wanted, families: lacking });
}
