/**
 * Rows of one JSON cell, which several versions of the program may read and move (the table `control`,
 * core/stores/control/control.ts).
 *
 * A reader takes the members that it knows and ignores the others. To move a row, a process compares the members that
 * it knows with what the row holds now, and then puts on the condition that the bytes are still the same
 * (check-and-put). So a member that only a newer version knows neither stops an older version from moving the row, nor
 * gets lost. A put without a comparison (progress) keeps no member of the old row, so a member that an older version
 * must not lose does not belong in such a row.
 */
import type { HBaseClient, RowPut } from '../../hbase/types.ts';
import { CONTROL_FAMILY, CONTROL_QUALIFIER } from '../../layout/hbase.ts';
import { requireAnswers } from './answers.ts';
import { askHBase, getRows, putRows } from './hbase-rows.ts';

export interface JsonPut {
  readonly row: string;
  readonly timestamp: number;
  readonly json: unknown;
}

/** Takes the members that it knows of a row's JSON; throws if they are not as they must be. */
type Read<T> = (json: unknown) => T;

/** Rows that somebody puts without a comparison; of two puts the one with the greater timestamp stays. */
export interface JsonFacts {
  read<T>(row: string, read: Read<T>): Promise<T | null>;
  readAll<T>(rows: readonly string[], read: Read<T>): Promise<(T | null)[]>;
  put(puts: readonly JsonPut[]): Promise<void>;
}

/** Rows on which processes agree: each write says what it found. No row is both a fact and an agreement. */
export interface JsonAgreements extends Pick<JsonFacts, 'read' | 'readAll'> {
  /** Puts a row that is not there; false if it is. */
  create(put: JsonPut): Promise<boolean>;
  /**
   * Moves a row from `from`, as `read` reads it; null: the row must be absent. False if the row holds something else.
   */
  move<T>(from: T | null, to: JsonPut, read: Read<T>): Promise<boolean>;
  /** The same, but keeps no member of the old row. */
  replace<T>(from: T, to: JsonPut, read: Read<T>): Promise<boolean>;
}

/** Both kinds, which HBase keeps in one table. */
export function jsonCells(hbase: HBaseClient, table: string): JsonFacts & JsonAgreements {
  const readAll = async <T>(
    rows: readonly string[],
    read: (json: unknown, bytes: Buffer) => T,
  ): Promise<(T | null)[]> => {
    const gets = rows.map((row) => ({ row: Buffer.from(row), families: [CONTROL_FAMILY] }));
    const answers = await getRows(hbase, { table, gets }, (cells) =>
      read(JSON.parse(cells[0]!.value.toString('utf8')), cells[0]!.value),
    );
    return requireAnswers(table, answers);
  };
  const checkAndPut = (expected: Buffer | null, put: JsonPut): Promise<boolean> =>
    askHBase(table, () =>
      hbase.checkAndPut(
        table,
        { row: Buffer.from(put.row), family: CONTROL_FAMILY, qualifier: CONTROL_QUALIFIER, expected },
        rowPut(put),
      ),
    );
  const moveKnown = async <T>(
    from: T,
    to: JsonPut,
    read: Read<T>,
    jsonOf: (json: object, known: T) => unknown,
  ): Promise<boolean> => {
    const [now] = await readAll([to.row], (json, bytes) => ({ json: json as object, known: read(json), bytes }));
    if (!now || fixedJson(now.known) !== fixedJson(from)) return false;
    return checkAndPut(now.bytes, { ...to, json: jsonOf(now.json, now.known) });
  };
  return {
    readAll,
    read: async (row, read) => (await readAll([row], read))[0] ?? null,
    put: (puts) => putRows(hbase, table, puts.map(rowPut)),
    create: (put) => checkAndPut(null, put),
    move: (from, to, read) =>
      from === null
        ? checkAndPut(null, to)
        : moveKnown(from, to, read, (json, known) => ({ ...unknownOf(json, known as object), ...(to.json as object) })),
    replace: (from, to, read) => moveKnown(from, to, read, () => to.json),
  };
}

/** Members that the reader passed over. */
function unknownOf(json: object, known: object): object {
  return Object.fromEntries(Object.entries(json).filter(([name]) => !(name in known)));
}

function rowPut({ row, timestamp, json }: JsonPut): RowPut {
  const value = Buffer.from(fixedJson(json));
  return { row: Buffer.from(row), cells: [{ family: CONTROL_FAMILY, qualifier: CONTROL_QUALIFIER, timestamp, value }] };
}

/** JSON with the members of every object in alphabetical order: one value, one text. */
export function fixedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
