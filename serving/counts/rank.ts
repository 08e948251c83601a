/**
 * The order of items: greater count first, then the item's name by its UTF-8 bytes.
 *
 * JavaScript compares UTF-16 units, which puts characters beyond U+FFFF before those from U+E000 on; UTF-8 does not.
 * The comparison walks over the units and ranks surrogates above all others, which gives the order of bytes without
 * encoding.
 */

/** Negative, zero or positive, like Buffer.compare of the two texts in UTF-8. Texts must be well-formed. */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const ofA = a.charCodeAt(at);
    const ofB = b.charCodeAt(at);
    if (ofA !== ofB) return rankOfUnit(ofA) - rankOfUnit(ofB);
  }
  return a.length - b.length;
}

function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}

export interface Ranked {
  readonly count: number;
  readonly name: string;
}

/** The first `limit` names in order, and the number of all names, without sorting all of them. */
export function firstByRank(
  each: (take: (name: string, count: number) => void) => void,
  limit: number,
  order: (a: Ranked, b: Ranked) => number = byRank,
): { first: Ranked[]; of: number } {
  let first: Ranked[] = [];
  let least = 0;
  let of = 0;
  each((name, count) => {
    of++;
    if (count < least || limit === 0) return;
    first.push({ name, count });
    // Sorts whenever it has twice `limit` names; a name with a lower count than the last of the first `limit` is then
    // skipped.
    if (first.length < 2 * limit) return;
    first = first.sort(order).slice(0, limit);
    least = first.at(-1)!.count;
  });
  return { first: first.sort(order).slice(0, limit), of };
}

export function byRank(a: Ranked, b: Ranked): number {
  return b.count - a.count || compareUtf8(a.name, b.name);
}
