/**
 * Takes forgotten detections out of Cassandra (forgotten/forgotten-rows.ts).
 *
 * Of two values with one timestamp Cassandra keeps the greater one, whichever was written last. So what replaces a
 * value has the next timestamp: repeating it changes nothing, a zombie that writes the old value again loses, and a
 * later row of the same id, which comes after W, wins. Forgotten bytes leave the files with compactions.
 */
import type { FirstMet } from '../../domain/first-met.ts';
import type { Rules } from '../../domain/rules.ts';
import type { ForgottenEntry, ForgottenRecord, ForgottenRows } from '../forgotten/forgotten-rows.ts';
import type { CassandraClient, Statement } from './client.ts';
import { groupOf } from '../../domain/hour-counts.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { firstMetTable } from '../../layout/cassandra.ts';
import {
  batchRow,
  decodeList,
  detectionFamily,
  encodeFirstMet,
  encodeListValue,
  LIST_FAMILY,
} from '../../layout/hbase.ts';
import { inLanes } from '../../process/lanes.ts';
import { blankOf } from '../forgotten/forgotten-rows.ts';
import { requireAnswers } from '../rows/answers.ts';
import { batchesOf } from './chunks.ts';
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
    await inLanes(LANES, batchesOf(found.map((row) => statementOf(row!))), (some) => client.write(some));
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
  };
}

interface ListRow {
  readonly row: Buffer;
  readonly hour: number;
  readonly gone: Set<string>;
}

async function unlist(
  client: CassandraClient,
  table: string,
  generation: number,
  entries: readonly ForgottenEntry[],
): Promise<void> {
  const byRow = new Map<string, ListRow>();
  for (const { id, location, detectedAt, epoch } of entries) {
    const hour = Math.floor(detectedAt / HOUR_MS);
    const row = batchRow(generation, { group: groupOf(location), hour, epoch });
    const known = byRow.get(row.toString('hex')) ?? { row, hour, gone: new Set<string>() };
    byRow.set(row.toString('hex'), known);
    known.gone.add(`${id} ${detectedAt}`);
  }
  await inLanes(LANES, byRow.values(), (row) => unlistIn(client, table, row));
}

/** A cell of which nothing is left becomes empty: a delete would hide what a later write puts there. */
async function unlistIn(client: CassandraClient, table: string, { row, hour, gone }: ListRow): Promise<void> {
  const select = `SELECT name, value, WRITETIME(value) AS at FROM ${table} WHERE row = ? AND level = ?`;
  const update = `UPDATE ${table} USING TIMESTAMP ? SET value = ? WHERE row = ? AND level = ? AND name = ?`;
  for await (const page of client.pages({ query: select, params: [row, LIST_FAMILY] })) {
    const changes = page.flatMap(({ name, value, at }): Statement[] => {
      const listed = decodeList(hour, { qualifier: name as Buffer, value: value as Buffer });
      const kept = listed.filter(({ id, detectedAt }) => !gone.has(`${id} ${detectedAt}`));
      if (kept.length === listed.length) return [];
      const params = [(at as bigint) + 1n, encodeListValue(kept), row, LIST_FAMILY, name as Buffer];
      return [{ query: update, params }];
    });
    for (const some of batchesOf(changes)) await client.write(some);
  }
}
