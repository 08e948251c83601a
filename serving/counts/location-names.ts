/**
 * The names of places, kept in memory and read again after each load of dataset B.
 *
 * Every answer joins here, so a place that B adds later gets its name in history too. The version is read at most once
 * a second and before the table: the names are at least as new as the version that an answer shows.
 */
import type { Location } from '../../core/domain/detection.ts';
import type { ControlStore } from '../../core/stores/control/control.ts';
import type { LocationsStore } from '../../core/stores/tables/locations.ts';
import type { Oid } from '../../core/domain/oid.ts';

export interface PlaceNames {
  /** Null before the first load. */
  readonly version: number | null;
  readonly nameOf: ReadonlyMap<Oid, string>;
}

const CHECK_EVERY_MS = 1_000;

export function placeNames(
  sources: { control: Pick<ControlStore, 'reference'>; locations: Pick<LocationsStore, 'all'> },
  now: () => number,
): () => Promise<PlaceNames> {
  let last: (PlaceNames & { checkedAt: number }) | null = null;
  let pending: Promise<PlaceNames> | null = null;
  const check = async () => {
    const checkedAt = now();
    const version = (await sources.control.reference())?.version ?? null;
    const isSame = last !== null && last.version === version;
    const nameOf = isSame ? last!.nameOf : byOid(await sources.locations.all());
    last = { version, nameOf, checkedAt };
    return last;
  };
  return () => {
    if (last && now() - last.checkedAt < CHECK_EVERY_MS) return Promise.resolve(last);
    pending ??= check().finally(() => (pending = null));
    return pending;
  };
}

function byOid(locations: readonly Location[]): Map<Oid, string> {
  return new Map(locations.map(({ oid, name }) => [oid, name]));
}
