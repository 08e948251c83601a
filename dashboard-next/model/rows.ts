/**
 * The rows of the two tables, items and places, made from answers.
 *
 * Counts are joined with those of the period before, by name or oid. While somebody points at a table its rows keep
 * their order, so that no row slips away under the pointer; their values still change.
 */
import type { CountedLocation, LocationsAnswer, TopItemsAnswer } from '../../serving/answers.ts';
import type { Sort } from './address.ts';
import { changeRank } from '../text/numbers.ts';
import { placeName } from '../text/names.ts';

/** Counts of two periods of complete minutes, for the change; null if unknown. */
export interface PeriodCounts {
  readonly now: number | null;
  readonly before: number | null;
}

const UNKNOWN_PERIODS: PeriodCounts = { now: null, before: null };

export interface ItemRow {
  readonly key: string;
  readonly rank: number;
  readonly name: string;
  readonly count: number;
  readonly compared: PeriodCounts;
  /** Ranks gained since the period before; 0 if none, null if unknown. */
  readonly ranksGained: number | null;
}

export function itemRows(
  top: TopItemsAnswer,
  periods: { now: TopItemsAnswer; before: TopItemsAnswer } | null,
): ItemRow[] {
  const compared = comparablePeriods(periods);
  const now = compared ? countsByName(compared.now) : null;
  const before = compared ? countsByName(compared.before) : null;
  const rankBefore = new Map(compared?.before.items.map(({ item_name, item_rank }) => [item_name, item_rank]));
  return top.items.map(({ item_rank: rank, item_name: name, count }) => ({
    key: name,
    rank,
    name,
    count,
    compared: now && before ? { now: now(name), before: before(name) } : UNKNOWN_PERIODS,
    ranksGained: rankBefore.has(name) ? rankBefore.get(name)! - rank : null,
  }));
}

/** Null if the period before has no detections: then nothing is compared, because everything would be new. */
function comparablePeriods<Answer extends { total: number }>(
  periods: { now: Answer; before: Answer } | null,
): { now: Answer; before: Answer } | null {
  return periods && periods.before.total > 0 ? periods : null;
}

/** Looks up a name: null if the answer may have left it out, 0 if the answer lists all items without it. */
function countsByName(answer: TopItemsAnswer): (name: string) => number | null {
  const counts = new Map(answer.items.map(({ item_name, count }) => [item_name, count]));
  const absent = answer.distinct_items <= answer.items.length ? 0 : null;
  return (name) => counts.get(name) ?? absent;
}

export interface PlaceRow {
  readonly key: string;
  readonly oid: string;
  /** Null if the table of places does not have it. */
  readonly name: string | null;
  readonly count: number;
  readonly compared: PeriodCounts;
}

export function placeRows(
  answer: LocationsAnswer,
  periods: { now: LocationsAnswer; before: LocationsAnswer } | null,
): PlaceRow[] {
  const compared = comparablePeriods(periods);
  const now = compared ? countsByOid(compared.now) : null;
  const before = compared ? countsByOid(compared.before) : null;
  return answer.locations.map(({ geographical_location_oid: oid, geographical_location: name, count }) => ({
    key: oid,
    oid,
    name: placeName(name),
    count,
    compared: now && before ? { now: now.get(oid) ?? 0, before: before.get(oid) ?? 0 } : UNKNOWN_PERIODS,
  }));
}

function countsByOid({ locations }: LocationsAnswer): Map<string, number> {
  return new Map(locations.map((place: CountedLocation) => [place.geographical_location_oid, place.count]));
}

/** Places whose name or oid contains the text; `#17` finds the oid 17 alone. */
export function matchPlaces<Row extends { oid: string; name: string | null }>(
  rows: readonly Row[],
  q: string,
): readonly Row[] {
  const wanted = foldCase(q.trim());
  if (wanted === '') return rows;
  if (/^#-?\d+$/.test(wanted)) return rows.filter(({ oid }) => oid === wanted.slice(1));
  return rows.filter(({ oid, name }) => oid.includes(wanted) || foldCase(name ?? 'unknown place').includes(wanted));
}

/** Without case and accents: `sud` finds `Süd`. */
function foldCase(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss').toLowerCase();
}

const collator = new Intl.Collator('en', { numeric: true });

export function sortPlaces(rows: readonly PlaceRow[], sort: Sort): readonly PlaceRow[] {
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

/** The rows in the given order of keys; new rows follow. */
export function keepOrder<Row extends { key: string }>(
  rows: readonly Row[],
  order: readonly string[] | null,
): readonly Row[] {
  if (!order) return rows;
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const present = order.flatMap((key) => byKey.get(key) ?? []);
  const seen = new Set(order);
  return [...present, ...rows.filter(({ key }) => !seen.has(key))];
}
