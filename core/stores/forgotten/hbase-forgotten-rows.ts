/**
 * Takes forgotten detections out of HBase (forgotten-rows.ts).
 *
 * Each put has the timestamp of the cell that it replaces, so repeating it changes nothing, and a later row of the same
 * id wins. Forgotten bytes leave HBase's files with its next major compaction.
 */
import type { FirstMet } from '../../domain/first-met.ts';
import type { Rules } from '../../domain/rules.ts';
import type { ForgottenEntry, ForgottenRecord, ForgottenRows } from './forgotten-rows.ts';
import type { Cell, HBaseClient, RowPut } from '../../hbase/types.ts';
import {
  batchRow,
  decodeFirstMet,
  DETECTION_QUALIFIER,
  detectionFamily,
  encodeFirstMet,
  encodeHourCell,
  LIST_FAMILY,
  saltedOid,
} from '../../layout/hbase.ts';
import { blankOf } from './forgotten-rows.ts';
import type { ListRow } from './list-rows.ts';
import { listRowsOf, withoutGone } from './list-rows.ts';
import { requireAnswers } from '../rows/answers.ts';
import { deleteRows, getRows, putRows } from '../rows/hbase-rows.ts';

export function forgottenRows(hbase: HBaseClient, namespace: string, rules: Rules): ForgottenRows {
  const table = `${namespace}:detections`;
  const family = detectionFamily(rules);
  /** Rows that are still those of the records: an id can come again after W. */
  const found = async (records: readonly ForgottenRecord[]): Promise<FirstMet[]> => {
    const gets = records.map(({ id }) => ({ row: saltedOid(id), families: [family] }));
    const rows = requireAnswers(
      table,
      await getRows(hbase, { table, gets }, (cells, at) => decodeFirstMet(records[at]!.id, cells[0]!.value)),
    );
    return rows.flatMap((row, at) =>
      row && row.partition === records[at]!.partition && row.offset === records[at]!.offset ? [row] : [],
    );
  };
  return {
    async blank(records) {
      const puts = (await found(records)).map((met): RowPut => {
        const value = encodeFirstMet(blankOf(met));
        return {
          row: saltedOid(met.detection.id),
          cells: [{ family, qualifier: DETECTION_QUALIFIER, timestamp: met.arrival, value }],
        };
      });
      await putRows(hbase, table, puts);
    },
    async drop(records) {
      const deletes = (await found(records)).map(({ detection, arrival }) => ({
        ...{ row: saltedOid(detection.id), families: [family], timestamp: arrival },
      }));
      await deleteRows(hbase, table, deletes);
    },
    unlist: (entries) => unlist(hbase, `${namespace}:batch_view`, rules.generation, entries),
    recount: (rows) =>
      putRows(
        hbase,
        `${namespace}:batch_view`,
        rows.map(({ name, cells }) => ({ row: batchRow(rules.generation, name), cells: cells.map(encodeHourCell) })),
      ),
  };
}

/** Rows read and written at once: a row of a group and an hour may have millions of entries. */
const ROWS_AT_ONCE = 8;

async function unlist(
  hbase: HBaseClient,
  table: string,
  generation: number,
  entries: readonly ForgottenEntry[],
): Promise<void> {
  const rows = listRowsOf(generation, entries);
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    const some = rows.slice(at, at + ROWS_AT_ONCE);
    const gets = some.map(({ row }) => ({ row, families: [LIST_FAMILY] }));
    const puts = requireAnswers(
      table,
      await getRows(hbase, { table, gets }, (cells, index) => withoutEntries(some[index]!, cells)),
    );
    await putRows(
      hbase,
      table,
      puts.filter((put) => put !== null && put.cells.length > 0).map((put) => put!),
    );
  }
}

function withoutEntries(listRow: ListRow, cells: readonly Cell[]): RowPut {
  const changed = cells.flatMap(({ family, qualifier, timestamp, value }) => {
    const kept = withoutGone(listRow, { qualifier, value });
    return kept === null ? [] : [{ family, qualifier, timestamp, value: kept }];
  });
  return { row: listRow.row, cells: changed };
}
