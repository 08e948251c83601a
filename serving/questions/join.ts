/** A first-met row joined with the name of its place, in the fields that people see. */
import type { FirstMet } from '../../core/domain/first-met.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { JoinedDetection } from '../answers.ts';
import type { PlaceNames } from '../counts/location-names.ts';
import type { LakeRow } from '../lake/lake-row.ts';
import { isDeferred } from '../../core/domain/rules.ts';

/** The same of the lake: the Parquet has the name as it stood, which is shown only where B has lost it. */
export function joinedOfLake({ met, placeName }: LakeRow, places: PlaceNames, rules: Rules): JoinedDetection {
  const told = joined(met, places, rules);
  return { ...told, geographical_location: told.geographical_location ?? placeName };
}

export function joined(row: Omit<FirstMet, 'logLife'>, places: PlaceNames, rules: Rules): JoinedDetection {
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
