/**
 * The order of items: greater count first, then the item's name by its UTF-8 bytes.
 *
 * JavaScript compares UTF-16 units, which puts characters beyond U+FFFF before those from U+E000 on; UTF-8 does not.
 * The comparison walks over the units and lifts surrogates above the rest, which is the byte order without encoding
 * anything.
 */

/** Negative, zero or positive, as Buffer.compare would say of the two texts in UTF-8. Texts must be well-formed. */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const ofA = a.charCodeAt(at);
    const ofB = b.charCodeAt(at);
    if (ofA !== ofB) return lifted(ofA) - lifted(ofB);
  }
  return a.length - b.length;
}

function lifted(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}

export interface Ranked {
  readonly count: number;
  readonly name: string;
}

/**
 * The first `limit` of those that `each` calls with, in order, and how many there were: without sorting all of them.
 */
export function firstByRank(
  each: (take: (name: string, count: number) => void) => void,
  limit: number,
): { first: Ranked[]; of: number } {
  let first: Ranked[] = [];
  let least = 0;
  let of = 0;
  each((name, count) => {
    of++;
    if (count < least) return;
    first.push({ name, count });
    // Twice as many as wanted are sorted now and then; what counts less than the last of them cannot be among the
    // first.
    if (first.length < 2 * limit) return;
    first = first.sort(byRank).slice(0, limit);
    least = first.at(-1)!.count;
  });
  return { first: first.sort(byRank).slice(0, limit), of };
}

export function byRank(a: Ranked, b: Ranked): number {
  return b.count - a.count || compareUtf8(a.name, b.name);
}
