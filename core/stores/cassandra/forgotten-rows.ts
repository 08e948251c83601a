/**
 * Takes forgotten detections out of Cassandra (forgotten/forgotten-rows.ts).
 *
 * Of two values with one timestamp Cassandra keeps the greater one, whichever was written last. So what replaces a
 * value has the next timestamp: repeating it changes nothing, a zombie that writes the old value again loses, and a
 * later row of the same id, which comes after W, wins. Forgotten bytes leave the files with compactions.
 */
import type { FirstMet } from '../../domain/first-met.ts';
import type { Rules } from '../../domain/rules.ts';
import type { EncodedCell } from '../../layout/hbase.ts';
import type { ForgottenEntry, ForgottenRecord, ForgottenRows, RecountedRow } from '../forgotten/forgotten-rows.ts';
import type { CassandraClient, Statement } from './client.ts';
import { firstMetTable } from '../../layout/cassandra.ts';
import { batchRow, detectionFamily, encodeFirstMet, encodeHourCell, LIST_FAMILY } from '../../layout/hbase.ts';
import { inLanes } from '../../process/lanes.ts';
import { blankOf } from '../forgotten/forgotten-rows.ts';
import type { ListRow } from '../forgotten/list-rows.ts';
import { listRowsOf, withoutGone } from '../forgotten/list-rows.ts';
import { requireAnswers } from '../rows/answers.ts';
import { batchesOf, writeRows } from './chunks.ts';
import { detectionsIn } from './detections.ts';

const LANES = 4;

export function forgottenRowsIn(client: CassandraClient, keyspace: string, rules: Rules): ForgottenRows {
  const table = `${keyspace}.${firstMetTable(detectionFamily(rules))}`;
  const detections = detectionsIn(client, keyspace, rules);
  /** Writes what `statementOf` makes of rows that are still those of the records: an id can come again after W. */
  const rewrite = async (
    records: readonly ForgottenRecord[],
    statementOf: (met: FirstMet) => Statement,
  ): Promise<void> => {
    const rows = requireAnswers(table, await detections.find(records.map(({ id }) => id)));
    const found = rows.filter(
      (row, at) => row?.partition === records[at]!.partition && row.offset === records[at]!.offset,
    );
    await writeRows(
      client,
      found.map((row) => statementOf(row!)),
    );
  };
  return {
    blank: (records) =>
      rewrite(records, (met) => ({
        query: `INSERT INTO ${table} (id, met) VALUES (?, ?) USING TIMESTAMP ?`,
        params: [BigInt(met.detection.id), encodeFirstMet(blankOf(met)), BigInt(met.arrival + 1)],
      })),
    drop: (records) =>
      rewrite(records, (met) => ({
        query: `DELETE FROM ${table} USING TIMESTAMP ? WHERE id = ?`,
        params: [BigInt(met.arrival + 1), BigInt(met.detection.id)],
      })),
    unlist: (entries) => unlist(client, `${keyspace}.batch_view`, rules.generation, entries),
    recount: (rows) =>
      inLanes(LANES, rows, (row) => recountRow(client, `${keyspace}.batch_view`, rules.generation, row)),
  };
}

async function unlist(
  client: CassandraClient,
  table: string,
  generation: number,
  entries: readonly ForgottenEntry[],
): Promise<void> {
  await inLanes(LANES, listRowsOf(generation, entries), (row) => unlistIn(client, table, row));
}

async function unlistIn(client: CassandraClient, table: string, listRow: ListRow): Promise<void> {
  const { row } = listRow;
  const select = `SELECT name, value, WRITETIME(value) AS at FROM ${table} WHERE row = ? AND level = ?`;
  const update = updateOf(table);
  for await (const page of client.pages({ query: select, params: [row, LIST_FAMILY] })) {
    const changes = page.flatMap(({ name, value, at }): Statement[] => {
      const kept = withoutGone(listRow, { qualifier: name as Buffer, value: value as Buffer });
      if (kept === null) return [];
      const params = [(at as bigint) + 1n, kept, row, LIST_FAMILY, name as Buffer];
      return [{ query: update, params }];
    });
    for (const some of batchesOf(changes)) await client.write(some);
  }
}

const updateOf = (table: string): string =>
  `UPDATE ${table} USING TIMESTAMP ? SET value = ? WHERE row = ? AND level = ? AND name = ?`;

/** Each cell takes the timestamp after the one that it has, as an entry of a list does. */
async function recountRow(
  client: CassandraClient,
  table: string,
  generation: number,
  { name, cells }: RecountedRow,
): Promise<void> {
  const row = batchRow(generation, name);
  const byLevel = new Map<string, Map<string, EncodedCell>>();
  for (const cell of cells.map(encodeHourCell)) {
    const known = byLevel.get(cell.family) ?? new Map<string, EncodedCell>();
    byLevel.set(cell.family, known.set(cell.qualifier.toString('hex'), cell));
  }
  const select = `SELECT name, WRITETIME(value) AS at FROM ${table} WHERE row = ? AND level = ?`;
  for (const [level, wanted] of byLevel) {
    for await (const page of client.pages({ query: select, params: [row, level] })) {
      const changes = page.flatMap(({ name: cellName, at }): Statement[] => {
        const cell = wanted.get((cellName as Buffer).toString('hex'));
        if (!cell) return [];
        return [{ query: updateOf(table), params: [(at as bigint) + 1n, cell.value, row, level, cell.qualifier] }];
      });
      for (const some of batchesOf(changes)) await client.write(some);
    }
  }
}
