/**
 * What the manifest of an epoch says of detections that went: payloads of conflicts and ids of differences, which a
 * forgetting or a retention takes out. Counts, hashes and tallies stay: they name nobody.
 */
import type { ForgetOrder } from '../../core/stores/lake/changes.ts';

interface Listed {
  readonly conflicts?: { readonly listed?: readonly ConflictJson[] };
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

interface DifferenceJson {
  readonly missing_in_speed: readonly string[];
  readonly missing_in_batch: readonly string[];
  readonly counted?: readonly string[];
}

/** `removed`: ids of the detections that went. */
export function withoutForgotten<Manifest extends object>(
  manifest: Manifest,
  order: ForgetOrder | null,
  removed: ReadonlySet<string>,
): Manifest {
  if (order === null && removed.size === 0) return manifest;
  const { conflicts, comparison } = manifest as Listed;
  const isForgotten = ({ detection_oid: id, first, copy }: ConflictJson): boolean =>
    removed.has(id) || (order !== null && [first, copy].some(({ payload }) => covers(order, payload)));
  const keep = (ids: readonly string[] = []): string[] => ids.filter((id) => !removed.has(id));
  const listed = conflicts?.listed?.filter((conflict) => !isForgotten(conflict));
  const differences = comparison?.differences?.listed?.map((one) => ({
    ...one,
    missing_in_speed: keep(one.missing_in_speed),
    missing_in_batch: keep(one.missing_in_batch),
    counted: keep(one.counted),
  }));
  return {
    ...manifest,
    ...(listed && { conflicts: { ...conflicts, listed } }),
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
