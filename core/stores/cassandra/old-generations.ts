/** Rows of old generations in Cassandra (views/old-generations.ts): found by their names, deleted row by row. */
import { epoch as epochNumber } from '../../domain/epoch.ts';
import { batchRow, speedRow } from '../../layout/hbase.ts';
import { inLanes } from '../../process/lanes.ts';
import type { OldGenerations } from '../views/old-generations.ts';
import type { CassandraClient } from './client.ts';
import type { DirectoryShape, NamedRow, Part } from './row-directory.ts';
import { chunksOf } from './chunks.ts';
import { BATCH_ROWS, rowDirectory, SPEED_ROWS } from './row-directory.ts';
import { viewRows } from './view-rows.ts';

const EVERY_HOUR = { from: 0, to: 0xffff_ffff };
const ROWS_OF_A_SWEEP = 200;
const LANES = 8;

interface View {
  readonly table: string;
  readonly shape: DirectoryShape;
  keyOf(part: Part, row: NamedRow): Buffer;
}

const VIEWS: readonly View[] = [
  {
    table: 'speed_view',
    shape: SPEED_ROWS,
    keyOf: ({ generation, group, epoch }, { hour, last }) =>
      speedRow(generation, { group, hour, epoch: epochNumber(epoch!) }, last),
  },
  {
    table: 'batch_view',
    shape: BATCH_ROWS,
    keyOf: ({ generation, group }, { hour, last }) => batchRow(generation, { group, hour, epoch: epochNumber(last) }),
  },
];

export function oldGenerationsIn(client: CassandraClient, keyspace: string): OldGenerations {
  /** Calls `take` with the rows of every earlier generation. */
  const sweep = async (
    before: number,
    take: (view: View, part: Part, rows: readonly NamedRow[]) => Promise<void>,
  ): Promise<void> => {
    for (const view of VIEWS) {
      const directory = rowDirectory(client, keyspace, view.shape);
      for (const part of await directory.parts()) {
        if (part.generation >= before) continue;
        for (const some of chunksOf(await directory.rows(part, EVERY_HOUR), ROWS_OF_A_SWEEP))
          await take(view, part, some);
      }
    }
  };
  return {
    async rows(before) {
      const counts = new Map<number, number>();
      await sweep(before, async (_, { generation }, rows) => {
        counts.set(generation, (counts.get(generation) ?? 0) + rows.length);
      });
      return counts;
    },
    async drop(before) {
      let removed = 0;
      await sweep(before, async ({ table, shape, keyOf }, part, named) => {
        const rows = viewRows(client, `${keyspace}.${table}`);
        const newest = new Map<NamedRow, number>();
        await inLanes(
          LANES,
          named,
          async (row) => void newest.set(row, await newestIn(client, keyspace, table, keyOf(part, row))),
        );
        await rows.remove(named.map((row) => ({ key: keyOf(part, row), timestamp: newest.get(row)! })));
        const directory = rowDirectory(client, keyspace, shape);
        await directory.remove(named.map((row) => ({ ...part, ...row, upTo: newest.get(row)! })));
        removed += named.length;
      });
      return removed;
    },
  };
}

/** The greatest timestamp of a row's own cells. */
async function newestIn(client: CassandraClient, keyspace: string, table: string, key: Buffer): Promise<number> {
  const query = `SELECT max(WRITETIME(value)) AS newest FROM ${keyspace}.${table} WHERE row = ?`;
  const [row] = await client.read({ query, params: [key] });
  return Number(row?.newest ?? 0);
}
