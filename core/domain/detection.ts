/**
 * A detection: one row of dataset A after parsing, and a location, one row of dataset B.
 *
 * Field names of dataset A stay as the cameras send them wherever people see them (Kafka, Parquet, the API); inside the
 * code the shorter names below are used. layout/ maps between the two.
 */
import type { Instant } from './time.ts';
import type { Oid } from './oid.ts';

export interface Detection {
  /** detection_oid: unique per detection; copies carry it again. */
  readonly id: Oid;
  /** geographical_location_oid: which place, a key of dataset B. */
  readonly location: Oid;
  /** video_camera_oid */
  readonly camera: Oid;
  /** item_name: 1 … 5000 code points, well-formed. */
  readonly item: string;
  /** timestamp_detected: the camera's clock. */
  readonly detectedAt: Instant;
}

export interface Location {
  readonly oid: Oid;
  readonly name: string;
}

/** Where the log holds a record. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
}

/** A record as the log delivered it, nothing interpreted. */
export interface LogRecord extends Position {
  /** LogAppendTime in milliseconds, the broker's clock. */
  readonly stamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** In the log's order; a name may occur more than once. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
}
