/**
 * Rows of one JSON text, which several versions of the program may read and move (the control rows,
 * core/stores/control/control.ts).
 *
 * A reader takes the members that it knows and ignores the others. To move a row, a process compares the members that
 * it knows with what the row holds now, and then writes on the condition that the text is still the same. So a member
 * that only a newer version knows neither stops an older version from moving the row, nor gets lost. A put without a
 * comparison (progress) keeps no member of the old row, so a member that an older version must not lose does not belong
 * in such a row. Each store of rows says how it reads a text and how it compares; json-cells.ts does so for HBase.
 */

export interface JsonPut {
  readonly row: string;
  readonly timestamp: number;
  readonly json: unknown;
}

/** Takes the members that it knows of a row's JSON; throws if they are not as they must be. */
export type Read<T> = (json: unknown) => T;

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

/** How a store keeps agreements; `Text` is whatever it compares. */
export interface AgreedTexts<Text> {
  /** The JSON of each row with its text; null where there is none. */
  read(rows: readonly string[]): Promise<({ readonly json: unknown; readonly text: Text } | null)[]>;
  /** Puts if the row holds exactly this text; null: if there is no row. */
  compareAndPut(expected: Text | null, put: JsonPut): Promise<boolean>;
}

export function agreements<Text>({ read: texts, compareAndPut }: AgreedTexts<Text>): JsonAgreements {
  const readAll = async <T>(rows: readonly string[], read: Read<T>): Promise<(T | null)[]> =>
    (await texts(rows)).map((row) => (row ? read(row.json) : null));
  const moveKnown = async <T>(
    from: T,
    to: JsonPut,
    read: Read<T>,
    jsonOf: (json: object, known: T) => unknown,
  ): Promise<boolean> => {
    const [now] = await texts([to.row]);
    if (!now) return false;
    const known = read(now.json);
    if (fixedJson(known) !== fixedJson(from)) return false;
    return compareAndPut(now.text, { ...to, json: jsonOf(now.json as object, known) });
  };
  return {
    readAll,
    read: async (row, read) => (await readAll([row], read))[0] ?? null,
    create: (put) => compareAndPut(null, put),
    move: (from, to, read) =>
      from === null
        ? compareAndPut(null, to)
        : moveKnown(from, to, read, (json, known) => ({ ...unknownOf(json, known as object), ...(to.json as object) })),
    replace: (from, to, read) => moveKnown(from, to, read, () => to.json),
  };
}

/** Members that the reader passed over. */
function unknownOf(json: object, known: object): object {
  return Object.fromEntries(Object.entries(json).filter(([name]) => !(name in known)));
}

/** JSON with the members of every object in alphabetical order: one value, one text. */
export function fixedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
