/**
 * The control rows in HBase: one JSON cell a row, both facts and agreements in one table (json-rows.ts).
 *
 * A comparison is HBase's check-and-put of the cell's bytes.
 */
import type { HBaseClient, RowPut } from '../../hbase/types.ts';
import type { JsonAgreements, JsonFacts, JsonPut } from './json-rows.ts';
import { CONTROL_FAMILY, CONTROL_QUALIFIER } from '../../layout/hbase.ts';
import { requireAnswers } from './answers.ts';
import { askHBase, getRows, putRows } from './hbase-rows.ts';
import { agreements, fixedJson } from './json-rows.ts';

export function jsonCells(hbase: HBaseClient, table: string): JsonFacts & JsonAgreements {
  const read = async (rows: readonly string[]) => {
    const gets = rows.map((row) => ({ row: Buffer.from(row), families: [CONTROL_FAMILY] }));
    const answers = await getRows(hbase, { table, gets }, (cells) => {
      const { value } = cells[0]!;
      return { json: JSON.parse(value.toString('utf8')) as unknown, text: value };
    });
    return requireAnswers(table, answers);
  };
  const compareAndPut = (expected: Buffer | null, put: JsonPut): Promise<boolean> =>
    askHBase(table, () =>
      hbase.checkAndPut(
        table,
        { row: Buffer.from(put.row), family: CONTROL_FAMILY, qualifier: CONTROL_QUALIFIER, expected },
        rowPut(put),
      ),
    );
  return { ...agreements({ read, compareAndPut }), put: (puts) => putRows(hbase, table, puts.map(rowPut)) };
}

function rowPut({ row, timestamp, json }: JsonPut): RowPut {
  const value = Buffer.from(fixedJson(json));
  return { row: Buffer.from(row), cells: [{ family: CONTROL_FAMILY, qualifier: CONTROL_QUALIFIER, timestamp, value }] };
}
