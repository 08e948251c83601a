/**
 * Which rows changed places between two paints of a table: from where to where, by index. A row that is new moves from
 * nowhere.
 */
export interface Move {
  readonly from: number;
  readonly to: number;
}

/** Beyond these, rows are not followed with the eye; they are simply there. */
const MOST = 24;

export function movesOf(before: readonly string[], after: readonly string[]): Move[] {
  const was = new Map(before.map((key, index) => [key, index]));
  const moves = after.flatMap((key, to): Move[] => {
    const from = was.get(key);
    return from === undefined || from === to ? [] : [{ from, to }];
  });
  return moves.length > MOST ? [] : moves;
}
