/**
 * The families of the table `detections`: how HBase keeps the sets of first-met rows (first-met-sets.ts).
 *
 * Each generation has a family of its own because a lookup reads one family: rows of other generations cost it nothing.
 * HBase drops a family without reading its rows.
 */
import type { HBaseClient } from '../../hbase/types.ts';
import type { LogAdmin } from '../kafka/types.ts';
import type { FirstMetSets } from './first-met-sets.ts';
import { DETECTION_FAMILY, detectionFamily } from '../../layout/hbase.ts';
import { askHBase } from '../rows/hbase-rows.ts';
import { setPlans } from './first-met-sets.ts';
import { ensureFamilies, familyOf } from './schema.ts';

export function firstMetFamilies(hbase: HBaseClient, namespace: string, admin: Pick<LogAdmin, 'facts'>): FirstMetSets {
  const table = `${namespace}:detections`;
  return {
    async ensure(rules) {
      const facts = await admin.facts();
      if (!facts) return;
      await askHBase(table, () =>
        ensureFamilies(hbase, { name: table, families: setPlans([rules], facts).map(familyOf) }),
      );
    },
    async unneeded(living) {
      const needed = new Set(living.map(detectionFamily));
      const found = await askHBase(table, () => hbase.admin.describeTable(table));
      return (found?.families ?? []).map(({ name }) => name).filter((name) => OURS.test(name) && !needed.has(name));
    },
    async drop(families) {
      for (const family of families) await askHBase(table, () => hbase.admin.dropFamily(table, family));
    },
    async life(rules) {
      const found = await askHBase(table, () => hbase.admin.describeTable(table));
      if (!found) return null;
      const name = detectionFamily(rules);
      const family = found.families.find((each) => each.name === name);
      return { where: `${table}, family ${name}`, isThere: family !== undefined, ttlSeconds: family?.ttlSeconds };
    },
  };
}

const OURS = new RegExp(`^${DETECTION_FAMILY}\\d*$`);
