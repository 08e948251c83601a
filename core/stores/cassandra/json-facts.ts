/**
 * The control rows in Cassandra (control/control.ts): facts that somebody puts, and rows on which processes agree.
 *
 * The two kinds have a table each, because a light-weight transaction takes its timestamp from a clock of the cluster
 * and a fact brings its own. Agreements are read and compared with consistency SERIAL: a comparison whose answer was
 * lost is completed by the next question, so the row shows whether it held. Facts are read from every living replica
 * where one may answer alone (`readFromAll`): whoever sees what it counted alone sees its doubt too.
 *
 * While no quorum answers nobody can agree, so nobody can correct a stamp or let the topic grow either. A worker that
 * goes on with one replica (CASSANDRA_CONSISTENCY=one) then settles stamps and growths with itself alone; it settles
 * them with the others when it reads its span of doubt again.
 */
import type { AgreedTexts, JsonAgreements, JsonFacts } from '../rows/json-rows.ts';
import type { CassandraClient, Statement } from './client.ts';
import { Retryable } from '../../process/errors.ts';
import { inLanes } from '../../process/lanes.ts';
import { agreements, fixedJson } from '../rows/json-rows.ts';
import { chunksOf, writeRows } from './chunks.ts';

const ROWS_AT_ONCE = 100;
const LANES = 4;
const SETTLING = /^(growth|stamps)\//;

export function factsIn(client: CassandraClient, keyspace: string): JsonFacts {
  const select = `SELECT name, json FROM ${keyspace}.facts WHERE name IN ?`;
  const insert = `INSERT INTO ${keyspace}.facts (name, json) VALUES (?, ?) USING TIMESTAMP ?`;
  const readAll: JsonFacts['readAll'] = async (names, read) => {
    const found = new Map<string, string>();
    await inLanes(LANES, chunksOf(names, ROWS_AT_ONCE), async (some) => {
      for (const { name, json } of await client.readFromAll({ query: select, params: [some] }))
        found.set(name as string, json as string);
    });
    return names.map((name) => {
      const json = found.get(name);
      return json === undefined ? null : read(JSON.parse(json));
    });
  };
  return {
    readAll,
    read: async (name, read) => (await readAll([name], read))[0] ?? null,
    async put(puts) {
      const statements = puts.map(({ row, timestamp, json }) => ({
        query: insert,
        params: [row, fixedJson(json), BigInt(timestamp)],
      }));
      await writeRows(client, statements);
    },
  };
}

export function agreementsIn(client: CassandraClient, keyspace: string): JsonAgreements {
  const table = `${keyspace}.agreed`;
  const textOf = async (name: string): Promise<string | null> => {
    const [row] = await client.readAgreed({ query: `SELECT json FROM ${table} WHERE name = ?`, params: [name] });
    return (row?.json as string | undefined) ?? null;
  };
  const comparison = (name: string, expected: string | null, json: string): Statement =>
    expected === null
      ? { query: `INSERT INTO ${table} (name, json) VALUES (?, ?) IF NOT EXISTS`, params: [name, json] }
      : { query: `UPDATE ${table} SET json = ? WHERE name = ? IF json = ?`, params: [json, name, expected] };
  /** What this process has settled with itself alone. */
  const alone = new Map<string, string>();
  const texts: AgreedTexts<string> = {
    read: (names) =>
      Promise.all(
        names.map(async (name) => {
          const recorded = await textOf(name);
          if (!client.certainty.isWeak()) alone.clear();
          const text = alone.get(name) ?? recorded;
          return text === null ? null : { json: JSON.parse(text) as unknown, text };
        }),
      ),
    async compareAndPut(expected, { row, json }) {
      const text = fixedJson(json);
      try {
        return await client.compare(comparison(row, expected, text));
      } catch (fault) {
        // The comparison may have held all the same.
        if (fault instanceof Retryable && (await textOf(row)) === text) return true;
        if (!client.certainty.isWeak() || !SETTLING.test(row)) throw fault;
        alone.set(row, text);
        return true;
      }
    },
  };
  return agreements(texts);
}
