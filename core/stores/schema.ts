/**
 * Creates what HBase lacks: the namespace and its tables, split; safe to repeat.
 *
 * Called by `sightline cluster up`'s preparation and by tests. An existing table is left as it is, but for the time to live of
 * first-met rows, which is raised when Kafka's retention or W asks for more (law L6) and never lowered.
 */
import type { HBaseClient, TableSchema } from './hbase/types.ts';
import type { TablePlan } from '../layout/tables.ts';
import { tablePlans } from '../layout/tables.ts';

export async function ensureTables(
  hbase: HBaseClient,
  namespace: string,
  options: { detectionTtlSeconds: number; regions: number },
): Promise<void> {
  await hbase.admin.ensureNamespace(namespace);
  for (const plan of tablePlans(options)) {
    const schema = schemaOf(namespace, plan);
    const outcome = await hbase.admin.ensureTable(schema, [...plan.splitKeys]);
    if (outcome === 'existed') await raiseTtl(hbase, schema);
  }
}

function schemaOf(namespace: string, plan: TablePlan): TableSchema {
  return {
    name: `${namespace}:${plan.name}`,
    families: plan.families.map(({ name, ttlSeconds }) => ({
      name,
      maxVersions: 1,
      bloom: 'ROW',
      inMemoryCompaction: 'BASIC',
      ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    })),
  };
}

async function raiseTtl(hbase: HBaseClient, wanted: TableSchema): Promise<void> {
  const existing = await hbase.admin.describeTable(wanted.name);
  const isShort = wanted.families.some(({ name, ttlSeconds }) => {
    const now = existing?.families.find((family) => family.name === name)?.ttlSeconds;
    return ttlSeconds !== undefined && now !== undefined && now < ttlSeconds;
  });
  if (isShort) await hbase.admin.modifyFamilies(wanted);
}
