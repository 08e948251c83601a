/**
 * The table `detections`: which record first met an id (law L2), and that record's detection.
 *
 * The speed layer asks before it decides, and writes the rows that it first met; serving reads joined rows by id. The
 * cell's timestamp is the arrival, so a later row of the same id wins over a zombie's older one, and time to live runs
 * from the arrival.
 */
import type { FirstMet } from '../../domain/first-met.ts';
import type { Oid } from '../../domain/oid.ts';
import type { Rules } from '../../domain/rules.ts';
import type { Answer } from '../rows/answers.ts';
import type { HBaseClient } from '../../hbase/types.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import { decodeFirstMet, detectionFamily, DETECTION_QUALIFIER, encodeFirstMet, saltedOid } from '../../layout/hbase.ts';
import { getRows, putRows } from '../rows/hbase-rows.ts';

export interface DetectionsStore {
  /** One answer an id, in the order of the ids. */
  find(ids: readonly Oid[], limits?: ReadLimits): Promise<Answer<FirstMet>[]>;
  /** Writes every row or throws a Retryable; repeating it changes nothing. */
  put(rows: readonly FirstMet[]): Promise<void>;
}

export function detectionsStore(hbase: HBaseClient, namespace: string, rules: Rules): DetectionsStore {
  const table = `${namespace}:detections`;
  const family = detectionFamily(rules);
  const families = [family];
  return {
    find: (ids, limits) =>
      getRows(hbase, { table, gets: ids.map((id) => ({ row: saltedOid(id), families })), limits }, (cells, index) =>
        decodeFirstMet(ids[index]!, cells[0]!.value),
      ),
    put: (rows) =>
      putRows(
        hbase,
        table,
        rows.map((met) => ({
          row: saltedOid(met.detection.id),
          cells: [{ family, qualifier: DETECTION_QUALIFIER, timestamp: met.arrival, value: encodeFirstMet(met) }],
        })),
      ),
  };
}
