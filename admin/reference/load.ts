/**
 * `sightline reference load`: dataset B into HBase, safe to repeat.
 *
 * Rows that differ from what HBase has are written under the next version, then the version moves by check-and-put,
 * which tells serving to read the table again. A load that changes nothing moves nothing. Places are added and renamed,
 * never removed, because history still counts there.
 */
import type { Location } from '../../core/domain/detection.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { ControlStore } from '../../core/stores/control/control.ts';
import type { LocationsStore } from '../../core/stores/tables/locations.ts';
import { Retryable } from '../../core/process/errors.ts';

export interface ReferenceLoad {
  readonly version: number;
  /** Places in the table after the load. */
  readonly locations: number;
  readonly added: number;
  readonly renamed: number;
}

/** Throws a Retryable if another load moved the version meanwhile; trying again is safe. */
export async function loadReference(
  given: readonly Location[],
  control: ControlStore,
  store: LocationsStore,
): Promise<ReferenceLoad> {
  const before = await control.reference();
  const names = new Map((await store.all()).map(({ oid, name }) => [oid, name]));
  const changed = given.filter(({ oid, name }) => names.get(oid) !== name);
  const added = changed.filter(({ oid }) => !names.has(oid)).length;
  if (before && changed.length === 0) {
    return { version: before.version, locations: names.size, added: 0, renamed: 0 };
  }
  const version = (before?.version ?? 0) + 1;
  await store.put(changed, version);
  const locations = names.size + added;
  const moved = await control.moveReference(before, { version, locations, loadedAt: Date.now() as Instant });
  if (!moved) throw new Retryable('The table of places', 'another load of dataset B came in between; try again');
  return { version, locations, added, renamed: changed.length - added };
}
