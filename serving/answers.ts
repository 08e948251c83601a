/**
 * Every JSON answer of the API, schema first: the contract between serving and whoever reads it.
 *
 * serving/ makes these values, the dashboard imports the types (types only, so that no schema is sent to a browser),
 * tests parse what came over the wire with the schemas. Times are epoch milliseconds, counts are numbers, oids are
 * decimal text, because a JSON number loses digits beyond 2^53. Field names of dataset A and B stay as the cameras and
 * the table of places have them.
 */
import { z } from 'zod';
import { AttemptReport, RunReport } from '../core/stores/lake/runs.ts';

const ms = z.number().int();
const count = z.number().int().min(0);
const oidText = z.string().regex(/^(0|-?[1-9]\d{0,18})$/);
const scope = z.union([z.literal('all'), oidText]);

/** How much of a number the batch layer has published, and how much is the speed layer's; they add up to it. */
export const Parts = z.object({ batch: count, speed: count });
export type Parts = z.infer<typeof Parts>;

/** What an answer rests on. Nothing committed before speed_as_of is missing in it. */
export const View = z.object({
  /** Name of the last published epoch; null before the first. */
  horizon: z.string().nullable(),
  speed_as_of: ms,
  /** How far the answer is behind the end of the log; 0 when everything in it is counted. */
  freshness_ms: z.number().int().min(0),
  /** Version of the table of places; null before the first load. */
  reference_version: z.number().int().nullable(),
  /** Only with `allow_partial=true`: the view that did not answer, whose part is in no number of the answer. */
  missing: z.enum(['batch', 'speed']).optional(),
});
export type View = z.infer<typeof View>;

/** The window that was used: [from, to), for counts whole minutes. */
const window = {
  from: ms,
  to: ms,
  /**
   * Only where the window is wider: the part of it that was looked through. Nothing can be counted before or after it.
   */
  searched: z.object({ from: ms, to: ms }).optional(),
};

export const RankedItem = z.object({ item_rank: z.number().int().min(1), item_name: z.string(), count });
export type RankedItem = z.infer<typeof RankedItem>;

export const TopItemsAnswer = z.object({
  location: scope,
  ...window,
  /** Of all items, shown or not. */
  total: count,
  /** How many different items there are; items holds the first `limit` of them. */
  distinct_items: count,
  items: z.array(RankedItem),
  /** Only with `since`: how many there were from then until now, at the same moment. */
  since: z.object({ from: ms, to: ms, total: count }).optional(),
  view: View,
  parts: Parts.optional(),
});
export type TopItemsAnswer = z.infer<typeof TopItemsAnswer>;

/** Data of the event `top-items` of a stream. */
export const StreamedTopItems = TopItemsAnswer.required({ parts: true }).extend({
  /** Which one of the stream's questions it answers, as `questions` names it. */
  question: z.string(),
});
export type StreamedTopItems = z.infer<typeof StreamedTopItems>;

export const CountedLocation = z.object({
  geographical_location_oid: oidText,
  /** Null: dataset B does not know the place (yet). */
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
  /** The zone that was asked for: days are its days. */
  tz: z.string().optional(),
  total: count,
  /** One a bucket, empty ones too, oldest first. */
  points: z.array(TimelinePoint),
  view: View,
  parts: Parts.optional(),
});
export type TimelineAnswer = z.infer<typeof TimelineAnswer>;

/** A detection joined with the name of its place, and where the log has it. */
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
  /** Too old for the speed layer when it arrived; the batch layer decides about it. */
  deferred: z.boolean(),
});
export type JoinedDetection = z.infer<typeof JoinedDetection>;

/**
 * A row of the list. Where `incomplete` is true HBase has lost the row (it lives for days) and the lake did not give it
 * in time.
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
  /** Ask again with it for the older ones; null at the end. */
  next_cursor: z.string().nullable(),
  view: View,
});
export type DetectionsAnswer = z.infer<typeof DetectionsAnswer>;

export const DetectionAnswer = JoinedDetection.extend({ found_in: z.enum(['hbase', 'lake']) });
export type DetectionAnswer = z.infer<typeof DetectionAnswer>;

/** What became of records; records = the sum of the other six. */
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
   * Partitions whose next record is stamped too far ahead: readers wait before it until their clocks come there, or it
   * is corrected.
   */
  held: z.array(
    z.object({
      partition: z.number().int(),
      offset: z.number().int(),
      stamp: ms,
      since: ms,
      /** When readers whose clocks are right go on by themselves. */
      goes_on_at: ms,
      /** The command that corrects it, as a dry run. */
      remedy: z.string(),
    }),
  ),
  /** Members that are empty because the caller is a viewer, not because there is nothing. */
  hidden: z.array(z.enum(['dead_letters'])).optional(),
  horizon: z.object({ epoch: z.string(), ends_at: ms, published_at: ms }).nullable(),
  batch: z.object({
    /** Epochs that are over and not published. */
    behind_epochs: count,
    /** Since the first of them was over. */
    behind_seconds: z.number().min(0),
    /** The epoch that a run is publishing now. */
    running: z.string().nullable(),
    /** The epoch that is not over yet. */
    open_epoch: z.string(),
    open_ends_at: ms,
  }),
  view: View,
});
export type TrustAnswer = z.infer<typeof TrustAnswer>;

/** One published epoch in a line; runs/<epoch> has the whole report. */
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
  /** Detections in the lake's files, and their size. */
  rows: count,
  bytes: count,
  /** Cells and tallies in which the speed layer and the batch layer disagreed. */
  differences: count,
  /**
   * Detections of the epoch that each layer counted on its own; the speed layer's is null where not all of it could be
   * compared.
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
  /** Tries that failed, newest first, at most `limit`. */
  attempts: z.array(AttemptReport),
});
export type RunsAnswer = z.infer<typeof RunsAnswer>;

export const RunAnswer = RunReport;
export type RunAnswer = z.infer<typeof RunAnswer>;

export const LakeAnswer = z.object({
  /** Folder of the lake in HDFS. */
  root: z.string(),
  /** Where WebHDFS answers, for those who read the lake. */
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
 * `application/problem+json` (RFC 9457). `field` names the parameter at fault of a 400, `narrow` what helps against a
 * 503 that comes of the question itself.
 */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  field: z.string().optional(),
  /** Parameters that make the question cheaper, where it costs more than one question may. */
  narrow: z.array(z.string()).optional(),
  request_id: z.string(),
});
export type Problem = z.infer<typeof Problem>;
