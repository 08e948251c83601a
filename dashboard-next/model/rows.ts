/**
 * Rows of the two tables, from answers to what is written in each cell.
 *
 * Counts are joined with those of the period before by name or oid. While somebody points at a table its order is held,
 * so that a row does not slip away under the pointer; the values go on.
 */
import type { CountedLocation, LocationsAnswer, TopItemsAnswer } from '../../serving/answers.ts';
import type { Sort } from './address.ts';
import { changeRank } from '../text/numbers.ts';
import { placeName } from '../text/names.ts';

/** Of complete minutes, for the change; null where it is not known. */
export interface Compared {
  readonly now: number | null;
  readonly before: number | null;
}

export const NOT_COMPARED: Compared = { now: null, before: null };

export interface ItemRow {
  readonly key: string;
  readonly rank: number;
  readonly name: string;
  readonly count: number;
  readonly compared: Compared;
  /** Places gained since the period before; null if not known, 0 if none. */
  readonly moved: number | null;
}

export function itemRows(
  top: TopItemsAnswer,
  periods: { now: TopItemsAnswer; before: TopItemsAnswer } | null,
): ItemRow[] {
  const compared = comparable(periods);
  const now = compared ? countsByName(compared.now) : null;
  const before = compared ? countsByName(compared.before) : null;
  const rankBefore = new Map(compared?.before.items.map(({ item_name, item_rank }) => [item_name, item_rank]));
  return top.items.map(({ item_rank: rank, item_name: name, count }) => ({
    key: name,
    rank,
    name,
    count,
    compared: now && before ? { now: now(name), before: before(name) } : NOT_COMPARED,
    moved: rankBefore.has(name) ? rankBefore.get(name)! - rank : null,
  }));
}

/** Where nothing at all was counted in the period before, not everything is new: there is nothing to compare with. */
function comparable<Answer extends { total: number }>(
  periods: { now: Answer; before: Answer } | null,
): { now: Answer; before: Answer } | null {
  return periods && periods.before.total > 0 ? periods : null;
}

/** Null for a name that the answer may have left out; 0 if it holds all there are. */
function countsByName(answer: TopItemsAnswer): (name: string) => number | null {
  const counts = new Map(answer.items.map(({ item_name, count }) => [item_name, count]));
  const absent = answer.distinct_items <= answer.items.length ? 0 : null;
  return (name) => counts.get(name) ?? absent;
}

export interface PlaceRow {
  readonly key: string;
  readonly oid: string;
  /** Null: the table of places does not know it. */
  readonly name: string | null;
  readonly count: number;
  readonly compared: Compared;
}

export function placeRows(
  answer: LocationsAnswer,
  periods: { now: LocationsAnswer; before: LocationsAnswer } | null,
): PlaceRow[] {
  const compared = comparable(periods);
  const now = compared ? countsByOid(compared.now) : null;
  const before = compared ? countsByOid(compared.before) : null;
  return answer.locations.map(({ geographical_location_oid: oid, geographical_location: name, count }) => ({
    key: oid,
    oid,
    name: placeName(name),
    count,
    compared: now && before ? { now: now.get(oid) ?? 0, before: before.get(oid) ?? 0 } : NOT_COMPARED,
  }));
}

function countsByOid({ locations }: LocationsAnswer): Map<string, number> {
  return new Map(locations.map((place: CountedLocation) => [place.geographical_location_oid, place.count]));
}

/** Places whose name or oid holds the text; `#17` finds the oid 17 alone. */
export function matching<Row extends { oid: string; name: string | null }>(
  rows: readonly Row[],
  q: string,
): readonly Row[] {
  const wanted = folded(q.trim());
  if (wanted === '') return rows;
  if (/^#-?\d+$/.test(wanted)) return rows.filter(({ oid }) => oid === wanted.slice(1));
  return rows.filter(({ oid, name }) => oid.includes(wanted) || folded(name ?? 'unknown place').includes(wanted));
}

/** Without case and accents: who types `sud` finds `Süd`. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss').toLowerCase();
}

const collator = new Intl.Collator('en', { numeric: true });

export function sorted(rows: readonly PlaceRow[], sort: Sort): readonly PlaceRow[] {
  switch (sort) {
    case '-count':
      return [...rows].sort((a, b) => b.count - a.count);
    case 'count':
      return [...rows].sort((a, b) => a.count - b.count);
    case 'name':
      return [...rows].sort(
        (a, b) =>
          Number(a.name === null) - Number(b.name === null) || collator.compare(a.name ?? a.oid, b.name ?? b.oid),
      );
    case '-change':
      return [...rows].sort((a, b) => descending(rankOfChange(a), rankOfChange(b)) || b.count - a.count);
  }
}

function rankOfChange({ compared }: PlaceRow): number {
  return changeRank(compared.now, compared.before);
}

function descending(a: number, b: number): number {
  return a === b ? 0 : b > a ? 1 : -1;
}

/** The rows in the order of `held` as far as they are still there; what is new follows. */
export function inHeldOrder<Row extends { key: string }>(
  rows: readonly Row[],
  held: readonly string[] | null,
): readonly Row[] {
  if (!held) return rows;
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const kept = held.flatMap((key) => byKey.get(key) ?? []);
  const seen = new Set(held);
  return [...kept, ...rows.filter(({ key }) => !seen.has(key))];
}
