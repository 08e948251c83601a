/** Which rows of a table change places between two paints: from one index to another. A new row has no move. */
interface Move {
  readonly from: number;
  readonly to: number;
}

/** The eye cannot follow more moves than this; then there are none. */
const MOST = 24;

export function movesOf(before: readonly string[], after: readonly string[]): Move[] {
  const was = new Map(before.map((key, index) => [key, index]));
  const moves = after.flatMap((key, to): Move[] => {
    const from = was.get(key);
    return from === undefined || from === to ? [] : [{ from, to }];
  });
  return moves.length > MOST ? [] : moves;
}
