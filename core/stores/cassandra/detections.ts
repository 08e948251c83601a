/**
 * First-met rows in Cassandra (tables/detections.ts says what they are): one partition an id.
 *
 * A question asks for a hundred ids at once, and rows are written in batches (chunks.ts): the driver's work for one
 * statement costs more than the row. Timestamp = arrival, so the later row of an id stays, as in HBase.
 */
import type { FirstMet } from '../../domain/first-met.ts';
import type { Oid } from '../../domain/oid.ts';
import type { Rules } from '../../domain/rules.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Answer } from '../rows/answers.ts';
import type { DetectionsStore } from '../tables/detections.ts';
import type { CassandraClient } from './client.ts';
import { firstMetTable } from '../../layout/cassandra.ts';
import { decodeFirstMet, detectionFamily, encodeFirstMet } from '../../layout/hbase.ts';
import { inLanes } from '../../process/lanes.ts';
import { failedAnswer } from './client.ts';
import { chunksOf, writeRows } from './chunks.ts';

const ROWS_AT_ONCE = 100;
const LANES = 6;

export function detectionsIn(client: CassandraClient, keyspace: string, rules: Rules): DetectionsStore {
  const table = `${keyspace}.${firstMetTable(detectionFamily(rules))}`;
  const select = `SELECT id, met FROM ${table} WHERE id IN ?`;
  const insert = `INSERT INTO ${table} (id, met) VALUES (?, ?) USING TIMESTAMP ?`;
  const findSome = async (ids: readonly Oid[], limits?: ReadLimits): Promise<Answer<FirstMet>[]> => {
    try {
      const rows = await client.read({ query: select, params: [ids.map(BigInt)], isOnePage: true }, limits);
      const found = new Map(rows.map(({ id, met }) => [String(id), met as Buffer]));
      return ids.map((id) => {
        const met = found.get(id);
        return met ? { status: 'found', row: decodeFirstMet(id, met) } : { status: 'absent' };
      });
    } catch (fault) {
      limits?.signal?.throwIfAborted();
      return ids.map(() => failedAnswer(fault));
    }
  };
  return {
    async find(ids, limits) {
      const chunks = chunksOf(ids, ROWS_AT_ONCE);
      const answers: Answer<FirstMet>[][] = chunks.map(() => []);
      await inLanes(LANES, chunks.keys(), async (at) => {
        answers[at] = await findSome(chunks[at]!, limits);
      });
      return answers.flat();
    },
    async put(rows) {
      const statements = rows.map((met) => ({
        query: insert,
        params: [BigInt(met.detection.id), encodeFirstMet(met), BigInt(met.arrival)],
      }));
      await writeRows(client, statements);
    },
  };
}
