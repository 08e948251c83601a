/** Joins a first-met row with the name of its place, in the fields of the API. */
import type { Rules } from '../../core/domain/rules.ts';
import type { FirstMetInLake, LakeRow } from '../../core/stores/lake/lake-row.ts';
import type { JoinedDetection } from '../answers.ts';
import type { PlaceNames } from '../counts/location-names.ts';
import { isDeferred } from '../../core/domain/rules.ts';

/**
 * The same for a row of the lake: the Parquet has the name that the place had then, which is used only if B has lost
 * it.
 */
export function joinLakeRow({ firstMet, locationName }: LakeRow, places: PlaceNames, rules: Rules): JoinedDetection {
  const current = joinLocation(firstMet, places, rules);
  return { ...current, geographical_location: current.geographical_location ?? locationName };
}

export function joinLocation(row: FirstMetInLake, places: PlaceNames, rules: Rules): JoinedDetection {
  const { detection, arrival, partition, offset } = row;
  return {
    detection_oid: detection.id,
    geographical_location_oid: detection.location,
    geographical_location: places.nameOf.get(detection.location) ?? null,
    video_camera_oid: detection.camera,
    item_name: detection.item,
    timestamp_detected: detection.detectedAt,
    arrived_at: arrival,
    kafka_partition: partition,
    kafka_offset: offset,
    deferred: isDeferred(detection.detectedAt, arrival, rules),
  };
}
