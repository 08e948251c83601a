/**
 * Every JSON answer of the API, schema first: the contract between serving and its clients.
 *
 * serving/ makes these values, the dashboard imports the types (types only, so that no schema reaches a browser), tests
 * parse answers with the schemas. Times are epoch milliseconds, counts are numbers, oids are decimal text, because a
 * JSON number loses digits beyond 2^53. Fields of dataset A and B keep the names that cameras and the table of places
 * use.
 */
import { z } from 'zod';
import { AttemptReport, RunReport } from '../core/stores/lake/runs.ts';

export const ms = z.number().int();
export const count = z.number().int().min(0);
export const oidText = z.string().regex(/^(0|-?[1-9]\d{0,18})$/);
const scope = z.union([z.literal('all'), oidText]);

/**
 * The part of a number that comes from the batch view and the part that comes from the speed view; their sum is the
 * number.
 */
export const Parts = z.object({ batch: count, speed: count });
export type Parts = z.infer<typeof Parts>;

/** The state of the stores that an answer was read from. Everything committed before speed_as_of is in the answer. */
export const View = z.object({
  /** Name of the last published epoch; null before the first. */
  horizon: z.string().nullable(),
  speed_as_of: ms,
  /** How far the answer is behind the end of the log; 0 when every record of the log is counted. */
  freshness_ms: z.number().int().min(0),
  /** Version of the table of places; null before the first load. */
  reference_version: z.number().int().nullable(),
  /** Only with `allow_partial=true`: the view that did not answer; the numbers of the answer leave it out. */
  missing: z.enum(['batch', 'speed']).optional(),
  /** Part of the answer has no quorum of replicas: detections within [from, to) may hold a copy or lack one. */
  provisional: z.literal(true).optional(),
  in_doubt: z.object({ from: ms, to: ms }).optional(),
});
export type View = z.infer<typeof View>;

/** The window of the answer: [from, to), in whole minutes for counts. */
const window = {
  from: ms,
  to: ms,
  /** Only if the window is wider: the part of it that was read. No detection can be counted outside this part. */
  searched: z.object({ from: ms, to: ms }).optional(),
};

export const RankedItem = z.object({ item_rank: z.number().int().min(1), item_name: z.string(), count });
export type RankedItem = z.infer<typeof RankedItem>;

export const TopItemsAnswer = z.object({
  location: scope,
  ...window,
  /** Of all items, including those beyond `limit`. */
  total: count,
  /** How many different items there are; items holds the first `limit` of them. */
  distinct_items: count,
  items: z.array(RankedItem),
  /** Only with `since`: the total from then until now, counted at the same moment. */
  since: z.object({ from: ms, to: ms, total: count }).optional(),
  view: View,
  parts: Parts.optional(),
});
export type TopItemsAnswer = z.infer<typeof TopItemsAnswer>;

/** Data of the event `top-items` of a stream. */
export const StreamedTopItems = TopItemsAnswer.required({ parts: true }).extend({
  /** The question of the stream that this answers, by its name in `questions`. */
  question: z.string(),
});
export type StreamedTopItems = z.infer<typeof StreamedTopItems>;

export const CountedLocation = z.object({
  geographical_location_oid: oidText,
  /** Null while dataset B does not have the place. */
  geographical_location: z.string().nullable(),
  count,
});
export type CountedLocation = z.infer<typeof CountedLocation>;

/** Every place that was counted in the window and every place that B knows; greatest count first, then by oid. */
export const LocationsAnswer = z.object({
  ...window,
  total: count,
  locations: z.array(CountedLocation),
  view: View,
  parts: Parts.optional(),
});
export type LocationsAnswer = z.infer<typeof LocationsAnswer>;

/**
 * A bucket: [t, t + step), t a multiple of step; with `tz` [t, to). The first and the last may be cut by the window.
 */
export const TimelinePoint = z.object({ t: ms, to: ms.optional(), count, parts: Parts.optional() });
export type TimelinePoint = z.infer<typeof TimelinePoint>;

export const TimelineAnswer = z.object({
  location: scope,
  ...window,
  /** Seconds. */
  step: z.number().int(),
  /** The time zone of the question, which defines the days. */
  tz: z.string().optional(),
  total: count,
  /** One for each bucket, empty buckets included, oldest first. */
  points: z.array(TimelinePoint),
  view: View,
  parts: Parts.optional(),
});
export type TimelineAnswer = z.infer<typeof TimelineAnswer>;

/** A detection with the name of its place and its position in the log. */
export const JoinedDetection = z.object({
  detection_oid: oidText,
  geographical_location_oid: oidText,
  geographical_location: z.string().nullable(),
  video_camera_oid: oidText,
  item_name: z.string(),
  timestamp_detected: ms,
  arrived_at: ms,
  kafka_partition: z.number().int(),
  kafka_offset: z.number().int(),
  /** True if the detection was too old for the speed layer when it arrived; then only the batch layer counts it. */
  deferred: z.boolean(),
});
export type JoinedDetection = z.infer<typeof JoinedDetection>;

/**
 * A row of the list. `incomplete` is true if the store has deleted the row (it keeps rows for days) and the lake
 * did not
 * answer in time.
 */
export const ListedRow = JoinedDetection.partial({
  video_camera_oid: true,
  item_name: true,
  arrived_at: true,
  kafka_partition: true,
  kafka_offset: true,
  deferred: true,
}).extend({ incomplete: z.boolean() });
export type ListedRow = z.infer<typeof ListedRow>;

export const DetectionsAnswer = z.object({
  location: scope,
  ...window,
  /** Newest first; at the same millisecond the smaller oid first. */
  detections: z.array(ListedRow),
  /** The `cursor` of the next, older page; null on the last page. */
  next_cursor: z.string().nullable(),
  view: View,
});
export type DetectionsAnswer = z.infer<typeof DetectionsAnswer>;

export const DetectionAnswer = JoinedDetection.extend({ found_in: z.enum(['hbase', 'cassandra', 'lake']) });
export type DetectionAnswer = z.infer<typeof DetectionAnswer>;

/** How the layers classified records; `records` is the sum of the other six. */
export const TalliesAnswer = z.object({
  records: count,
  new: count,
  copies: count,
  strays: count,
  deferred: count,
  dead_letters: count,
  ticks: count,
});
export type TalliesAnswer = z.infer<typeof TalliesAnswer>;

export const TrustPartition = z.object({
  partition: z.number().int(),
  next_offset: z.number().int(),
  end_offset: z.number().int(),
  behind_records: count,
  behind_seconds: z.number().min(0),
  as_of: ms,
  tallies: TalliesAnswer,
});
export type TrustPartition = z.infer<typeof TrustPartition>;

export const TrustAnswer = z.object({
  generation: z.number().int(),
  epoch_seconds: z.number().int(),
  tallies: TalliesAnswer,
  /** Worst first. */
  partitions: z.array(TrustPartition),
  dead_letters: z.array(z.object({ reason: z.string(), meaning: z.string(), count })),
  /**
   * Held partitions: the timestamp of the next record is too far in the future. Readers wait until their clocks reach
   * it or an operator records a correction.
   */
  held: z.array(
    z.object({
      partition: z.number().int(),
      offset: z.number().int(),
      stamp: ms,
      since: ms,
      /** When readers with correct clocks continue without a correction. */
      goes_on_at: ms,
      /** The command that records the correction, as a dry run. */
      remedy: z.string(),
    }),
  ),
  /** Members that are empty only because the caller is a viewer. */
  hidden: z.array(z.enum(['dead_letters'])).optional(),
  horizon: z.object({ epoch: z.string(), ends_at: ms, published_at: ms }).nullable(),
  batch: z.object({
    /** Epochs that have ended and are not published. */
    behind_epochs: count,
    /** Time since the first of them ended. */
    behind_seconds: z.number().min(0),
    /** The epoch that a run publishes now; null if none does. */
    running: z.string().nullable(),
    /** The current epoch, which has not ended. */
    open_epoch: z.string(),
    open_ends_at: ms,
  }),
  view: View,
});
export type TrustAnswer = z.infer<typeof TrustAnswer>;

/** A summary of one published epoch; runs/<epoch> has the whole report. */
export const RunSummary = z.object({
  epoch: z.string(),
  /** Bounds of the epoch. */
  from: ms,
  to: ms,
  result: z.enum(['proved', 'repaired', 'unproven']),
  began_at: ms,
  published_at: ms,
  took_ms: ms,
  records: count,
  tallies: TalliesAnswer,
  /** Rows and bytes of the epoch's files in the lake. */
  rows: count,
  bytes: count,
  /** Cells and tallies that differ between the speed layer and the batch layer. */
  differences: count,
  /**
   * How many detections of the epoch each layer counted; `speed` is null if part of the epoch could not be compared.
   */
  counted: z.object({ batch: count, speed: count.nullable() }),
  conflicts: count,
  unproven: z.array(z.string()),
  unknown_locations: count,
});
export type RunSummary = z.infer<typeof RunSummary>;

export const RunsAnswer = z.object({
  /** Newest first; the newest `limit` of `total`. */
  runs: z.array(RunSummary),
  total: count,
  /** Failed attempts, newest first, at most `limit`. */
  attempts: z.array(AttemptReport),
});
export type RunsAnswer = z.infer<typeof RunsAnswer>;

export const RunAnswer = RunReport;
export type RunAnswer = z.infer<typeof RunAnswer>;

export const LakeAnswer = z.object({
  /** Folder of the lake in HDFS. */
  root: z.string(),
  /** The address of WebHDFS, for programs that read the lake. */
  webhdfs: z.string(),
  /** Newest first. */
  days: z.array(
    z.object({
      date: z.string(),
      rows: count,
      bytes: count,
      files: count,
      epochs: z.array(z.string()),
      state: z.enum(['complete', 'open']),
    }),
  ),
});
export type LakeAnswer = z.infer<typeof LakeAnswer>;

export const ReadyAnswer = z.object({
  ready: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});
export type ReadyAnswer = z.infer<typeof ReadyAnswer>;

/**
 * `application/problem+json` (RFC 9457). `field` names the wrong parameter of a 400, `narrow` the parameters that make
 * a question cheaper if its own cost caused the 503.
 */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  field: z.string().optional(),
  /** Parameters that make the question cheaper, if it costs more than one question may. */
  narrow: z.array(z.string()).optional(),
  request_id: z.string(),
});
export type Problem = z.infer<typeof Problem>;
