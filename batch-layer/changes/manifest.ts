/**
 * What the manifest of an epoch says of detections that went: payloads of conflicts and ids of differences, which a
 * forgetting or a retention takes out. Hashes and tallies stay, and so do counts, unless they were to go: then places
 * that lost some are in no list of counts any more.
 */
import type { ForgetOrder } from '../../core/stores/lake/changes.ts';

interface Listed {
  readonly conflicts?: { readonly listed?: readonly ConflictJson[] };
  readonly unknown_locations?: { readonly listed?: readonly PlaceJson[] };
  readonly comparison?: { readonly differences?: { readonly listed?: readonly DifferenceJson[] } };
}

interface ConflictJson {
  readonly detection_oid: string;
  readonly first: { readonly payload: PayloadJson };
  readonly copy: { readonly payload: PayloadJson };
}

interface PayloadJson {
  readonly geographical_location_oid: string;
  readonly video_camera_oid: string;
  readonly timestamp_detected: number;
}

interface PlaceJson {
  readonly geographical_location_oid: string;
}

interface DifferenceJson extends PlaceJson {
  readonly missing_in_speed: readonly string[];
  readonly missing_in_batch: readonly string[];
  readonly counted?: readonly string[];
}

export interface GoneFromManifests {
  /** Ids of the detections that went. */
  readonly removed: ReadonlySet<string>;
  /** Places that lost counts. */
  readonly recounted: ReadonlySet<string>;
}

export function withoutForgotten<Manifest extends object>(
  manifest: Manifest,
  order: ForgetOrder | null,
  { removed, recounted }: GoneFromManifests,
): Manifest {
  if (order === null && removed.size === 0) return manifest;
  const { conflicts, comparison, unknown_locations: unknown } = manifest as Listed;
  const isCounted = ({ geographical_location_oid: place }: PlaceJson): boolean => !recounted.has(place);
  const isForgotten = ({ detection_oid: id, first, copy }: ConflictJson): boolean =>
    removed.has(id) || (order !== null && [first, copy].some(({ payload }) => covers(order, payload)));
  const keep = (ids: readonly string[] = []): string[] => ids.filter((id) => !removed.has(id));
  const listed = conflicts?.listed?.filter((conflict) => !isForgotten(conflict));
  const differences = comparison?.differences?.listed?.filter(isCounted).map((one) => ({
    ...one,
    missing_in_speed: keep(one.missing_in_speed),
    missing_in_batch: keep(one.missing_in_batch),
    counted: keep(one.counted),
  }));
  return {
    ...manifest,
    ...(listed && { conflicts: { ...conflicts, listed } }),
    ...(unknown?.listed && { unknown_locations: { ...unknown, listed: unknown.listed.filter(isCounted) } }),
    ...(differences && {
      comparison: { ...comparison, differences: { ...comparison!.differences, listed: differences } },
    }),
  };
}

function covers(order: ForgetOrder, payload: PayloadJson): boolean {
  if (order.by === 'detections') return false;
  const { geographical_location_oid: location, video_camera_oid: camera, timestamp_detected: t } = payload;
  const isWho = order.by === 'camera' ? camera === order.camera : location === order.location;
  return isWho && t >= order.from && t < order.to;
}
