/**
 * What `sightline trace` tells of a detection, as it stands in its JSON: field names are those of the API, times are
 * milliseconds since 1970.
 *
 * trace.ts fills it from find-records.ts, find-cells.ts and find-files.ts; missing.ts compares it with what must be
 * there, text.ts writes it for people.
 */
/** Some offsets of a partition that were read: [from_offset, to_offset). */
export interface ReadRange {
  readonly kafka_partition: number;
  readonly from_offset: number;
  readonly to_offset: number;
  readonly records: number;
  /** False: the bound on records ended the reading before the window did. */
  readonly is_whole: boolean;
}

export interface Payload {
  readonly geographical_location_oid: string;
  readonly video_camera_oid: string;
  readonly item_name: string;
  readonly timestamp_detected: number;
}

/** A record of the log that is about the id, and what it was. */
export interface TracedRecord {
  readonly kafka_partition: number;
  readonly kafka_offset: number;
  /** LogAppendTime, and the arrival that follows from the stamps that were read before it. */
  readonly stamp: number;
  readonly arrived_at: number;
  readonly epoch: string;
  readonly verdict: 'new' | 'copy' | 'deferred' | 'stray' | 'dead_letter';
  /** Of a dead letter. */
  readonly reason?: string;
  readonly detail?: string;
  /** Of a stray: the partition to which it was produced again. */
  readonly home?: number;
  /** Of a record that was sent home: `partition/offset` from where. */
  readonly forwarded_from?: string;
  readonly payload: Payload | null;
}

/** A dead letter that keeps one of the records. */
export interface TracedLetter {
  readonly letter: string;
  readonly kept_at: number;
  readonly reason: string;
  readonly record: string;
}

/** The row of the table `detections`. */
export interface TracedRow {
  readonly kafka_partition: number;
  readonly kafka_offset: number;
  readonly arrived_at: number;
  readonly log_life: number;
  readonly payload: Payload;
}

export interface TracedCell {
  readonly view: 'speed' | 'batch';
  /** What it counts: an item at a place, an item, a place, everything; or the list of detections. */
  readonly cell: 'place_item' | 'item' | 'place' | 'total' | 'listed';
  readonly hour: string;
  readonly minute: number;
  /** Of the minute; of the list 1 or 0. */
  readonly count: number;
  /** Of the speed view: the last offset that the cell includes. Of the batch view: the epoch's number. */
  readonly up_to: number | null;
}

/** A file of the lake that holds the record or the row. */
export interface TracedFile {
  readonly table: 'raw' | 'detections';
  readonly path: string;
  readonly bytes: number;
  readonly written_at: number;
  /** Null where the file was not read: it is too large, or it is not there. */
  readonly row_group: number | null;
  readonly row: number | null;
  readonly state: 'holds_it' | 'lacks_it' | 'not_read' | 'not_there';
}

/** unread: the speed layer has not come to the record yet; counted: it has, and the epoch is not published. */
export type Stage = 'unread' | 'counted' | 'published';

/** A record that counts (or waits to), and everything that must follow from it. */
export interface Counting {
  readonly kafka_partition: number;
  readonly kafka_offset: number;
  readonly arrived_at: number;
  readonly is_deferred: boolean;
  readonly epoch: string;
  readonly epoch_ends_at: number;
  readonly stage: Stage;
  /** When the epoch was published. */
  readonly published_at: number | null;
  readonly cells: readonly TracedCell[];
  readonly files: readonly TracedFile[];
}

export interface Trace {
  readonly detection_oid: string;
  readonly generation: number;
  readonly looked_through: { readonly from: number; readonly to: number; readonly log: readonly ReadRange[] };
  readonly first_met: TracedRow | null;
  readonly records: readonly TracedRecord[];
  readonly dead_letters: readonly TracedLetter[];
  readonly countings: readonly Counting[];
  /** What should be there and is not. */
  readonly missing: readonly string[];
  /** What is not there yet, and comes. */
  readonly pending: readonly string[];
  /** What could not be looked at, and why. */
  readonly notes: readonly string[];
}
