/**
 * The table `locations`: dataset B, the names of places.
 *
 * `sightline reference load` writes it, serving and the batch layer read it whole: it is small and changes rarely.
 * Serving looks up a name when it makes an answer, never when a detection counts, so a place that becomes known later
 * has its name in history too. Each load has a version; a name that does not change keeps its cell.
 */
import type { Location } from '../../domain/detection.ts';
import type { HBaseClient } from '../../hbase/types.ts';
import { LOCATION_FAMILY, LOCATION_QUALIFIER, oidOfRow, saltedOid } from '../../layout/hbase.ts';
import { scanRanges } from '../views/count-view.ts';
import { putRows } from '../rows/hbase-rows.ts';

export interface LocationsStore {
  all(): Promise<Location[]>;
  put(locations: readonly Location[], version: number): Promise<void>;
}

export function locationsStore(hbase: HBaseClient, namespace: string): LocationsStore {
  const table = `${namespace}:locations`;
  return {
    async all() {
      const locations: Location[] = [];
      const everything = { start: Buffer.alloc(0), stop: Buffer.alloc(0) };
      await scanRanges(hbase, { table, ranges: [everything], options: { families: [LOCATION_FAMILY] } }, (rows) => {
        for (const cells of rows) {
          const { row, value } = cells[0]!;
          locations.push({ oid: oidOfRow(row), name: value.toString('utf8') });
        }
      });
      return locations;
    },
    put: (locations, version) =>
      putRows(
        hbase,
        table,
        locations.map(({ oid, name }) => ({
          row: saltedOid(oid),
          cells: [
            { family: LOCATION_FAMILY, qualifier: LOCATION_QUALIFIER, timestamp: version, value: Buffer.from(name) },
          ],
        })),
      ),
  };
}
