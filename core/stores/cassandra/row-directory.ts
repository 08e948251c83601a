/**
 * Which rows the two views have, in Cassandra: a table of names for each, since its keys have no order to scan.
 *
 * A view writes a row's name before the row's first cells, so that no cell lies in a row that nobody finds; a writer
 * remembers the names that it has written. A name carries the timestamps of the row's cells, and is deleted with them.
 */
import type { Group } from '../../domain/hour-counts.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { CassandraClient, Statement, Value } from './client.ts';
import { groupOfPlaces, placeGroup } from '../../layout/cassandra.ts';
import { writeRows } from './chunks.ts';

/** The columns that name a row: those of the partition key and those within it. */
export interface DirectoryShape {
  readonly table: string;
  readonly partition: readonly string[];
  readonly clustering: readonly [hour: string, last: string];
}

export const SPEED_ROWS: DirectoryShape = {
  table: 'speed_rows',
  partition: ['generation', 'epoch', 'place_group'],
  clustering: ['hour', 'partition'],
};
export const BATCH_ROWS: DirectoryShape = {
  table: 'batch_rows',
  partition: ['generation', 'place_group'],
  clustering: ['hour', 'epoch'],
};

/** A row within its partition of the directory; `last`: the partition of Kafka, or the epoch. */
export interface NamedRow {
  readonly hour: number;
  readonly last: number;
}

export interface Part {
  readonly generation: number;
  /** Of the speed view's rows. */
  readonly epoch?: number;
  readonly group: Group;
}

export interface RowName extends Part, NamedRow {
  /** Greatest timestamp of the cells that follow. */
  readonly upTo: number;
}

export interface RowDirectory {
  /** Writes the names that this process has not written yet. */
  add(names: readonly RowName[]): Promise<void>;
  rows(part: Part, hours: { from: number; to: number }, limits?: ReadLimits): Promise<NamedRow[]>;
  /** The first hour before `before`; null if there is none. */
  firstHour(part: Part, before: number, limits?: ReadLimits): Promise<number | null>;
  /** Every part that has rows. */
  parts(): Promise<Part[]>;
  remove(names: readonly RowName[]): Promise<void>;
}

/** Of rows that this process has named; past it, some are named once more. */
const MOST_REMEMBERED = 100_000;

export function rowDirectory(client: CassandraClient, keyspace: string, shape: DirectoryShape): RowDirectory {
  const table = `${keyspace}.${shape.table}`;
  const [hour, last] = shape.clustering;
  const names = [...shape.partition, hour, last];
  const where = shape.partition.map((column) => `${column} = ?`).join(' AND ');
  const keyOf = ({ generation, epoch, group }: Part): number[] =>
    shape.partition.map((column) =>
      column === 'generation' ? generation : column === 'epoch' ? epoch! : placeGroup(group),
    );
  const remembered = new Set<string>();
  const write = async (all: readonly RowName[], statementOf: (name: RowName) => Statement): Promise<void> =>
    writeRows(client, all.map(statementOf));
  const insert = `INSERT INTO ${table} (${names.join(', ')}, up_to) VALUES (${names.map(() => '?').join(', ')}, ?)`;
  return {
    async add(all) {
      const textOf = (name: RowName): string => [...keyOf(name), name.hour, name.last].join('/');
      const fresh = all.filter((name) => !remembered.has(textOf(name)));
      await write(fresh, (name) => ({
        query: `${insert} USING TIMESTAMP ?`,
        params: [...keyOf(name), name.hour, name.last, BigInt(name.upTo), BigInt(name.upTo)],
      }));
      if (remembered.size > MOST_REMEMBERED) remembered.clear();
      for (const name of fresh) remembered.add(textOf(name));
    },
    async rows(part, { from, to }, limits) {
      const query = `SELECT ${hour}, ${last} FROM ${table} WHERE ${where} AND ${hour} >= ? AND ${hour} <= ?`;
      const params: Value[] = [...keyOf(part), from, Math.min(to, GREATEST_HOUR)];
      return (await client.read({ query, params }, limits)).map((row) => ({
        hour: row[hour] as number,
        last: row[last] as number,
      }));
    },
    async firstHour(part, before, limits) {
      const query = `SELECT ${hour} FROM ${table} WHERE ${where} AND ${hour} < ? LIMIT 1`;
      const [row] = await client.read({ query, params: [...keyOf(part), Math.min(before, GREATEST_HOUR)] }, limits);
      return (row?.[hour] as number | undefined) ?? null;
    },
    async parts() {
      const rows = await client.read({
        query: `SELECT DISTINCT ${shape.partition.join(', ')} FROM ${table}`,
        params: [],
      });
      return rows.map((row) => ({
        generation: row.generation as number,
        ...(typeof row.epoch === 'number' ? { epoch: row.epoch } : {}),
        group: groupOfPlaces(row.place_group as number),
      }));
    },
    remove: (all) =>
      write(all, (name) => ({
        query: `DELETE FROM ${table} USING TIMESTAMP ? WHERE ${where} AND ${hour} = ? AND ${last} = ?`,
        params: [BigInt(name.upTo), ...keyOf(name), name.hour, name.last],
      })),
  };
}

/** Cassandra's int. */
const GREATEST_HOUR = 0x7fff_ffff;
