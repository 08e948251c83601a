/**
 * Serving as one value: every question that the API can be asked, answered in typed answers.
 *
 * Route handlers (serving/http) turn requests into these calls, the dashboard's first paint makes them directly. Stores are
 * opened by the first question and kept; while a store is away every question that needs it is a Retryable, never a partial
 * number. When the recorded generation is no longer the one that was opened, everything is opened anew.
 */
import type { Scope } from '../core/domain/counts.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Config } from '../core/process/config.ts';
import type { Log } from '../core/process/log.ts';
import type { Hdfs } from '../core/stores/hdfs/types.ts';
import type { Stores } from '../core/stores/open.ts';
import type {
  DetectionAnswer,
  DetectionsAnswer,
  LakeAnswer,
  LocationsAnswer,
  ReadyAnswer,
  RunAnswer,
  RunsAnswer,
  TimelineAnswer,
  TopItemsAnswer,
  TrustAnswer,
  View,
} from './answers.ts';
import type { Gate } from './access/gate.ts';
import type { Exports } from './exports.ts';
import type { ServingMetrics } from './metrics.ts';
import type { Opened } from './opened.ts';
import type { Streams } from './streams.ts';
import { LAKE } from '../core/layout/lake.ts';
import { lakeListing } from '../core/stores/lake-listing.ts';
import { servingExports } from './exports.ts';
import { listedInLake } from './lake-listed.ts';
import { lakeLookup } from './lake-lookup.ts';
import { openedOnce } from './opened.ts';
import { detection } from './questions/detection.ts';
import { detections } from './questions/detections.ts';
import { locations } from './questions/locations.ts';
import { ready } from './questions/ready.ts';
import { runShelf } from './questions/runs.ts';
import { timeline } from './questions/timeline.ts';
import { topItems } from './questions/top-items.ts';
import { trust } from './questions/trust.ts';
import { servingStreams } from './streams.ts';

/** [from, to) in epoch milliseconds; what is left out is the last hour's. */
export interface WindowQuestion {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface Serving {
  topItems(question: WindowQuestion & { location: Scope; limit?: number; parts?: boolean; allowPartial?: boolean }): Promise<TopItemsAnswer>;
  locations(question: WindowQuestion & { parts?: boolean; allowPartial?: boolean }): Promise<LocationsAnswer>;
  timeline(question: WindowQuestion & { location: Scope; stepSeconds?: number; parts?: boolean; allowPartial?: boolean }): Promise<TimelineAnswer>;
  detections(question: WindowQuestion & { location: Scope; limit?: number; cursor?: string }): Promise<DetectionsAnswer>;
  /** Null if no detection has the id. `date` (YYYY-MM-DD) looks into that day of the lake too. */
  detection(id: Oid, date?: string): Promise<DetectionAnswer | null>;
  trust(): Promise<TrustAnswer>;
  runs(question?: { limit?: number }): Promise<RunsAnswer>;
  /** Null if the epoch is not published. */
  run(epoch: string): Promise<RunAnswer | null>;
  lake(): Promise<LakeAnswer>;
  ready(): Promise<ReadyAnswer>;
  readonly streams: Streams;
  readonly exports: Exports;
  readonly now: () => number;
  readonly gate: Gate;
  readonly metrics: ServingMetrics;
  readonly log: Log;
  close(): Promise<void>;
}

/** What serving is made of; tests bring doubles of the stores and a clock. */
export interface ServingParts {
  readonly config: Pick<
    Config,
    'PRUNE_GRACE_SECONDS' | 'SIGHTLINE_ROOT' | 'WEBHDFS_URL' | 'STREAM_CONNECTIONS' | 'STREAM_POLL_MS' | 'EXPORTS_AT_ONCE' | 'COUNT_CACHE_MB'
  >;
  readonly open: () => Promise<Stores>;
  readonly hdfs: Hdfs;
  readonly metrics: ServingMetrics;
  readonly log: Log;
  readonly now: () => number;
  readonly gate: Gate;
  /** How long one reading of progress and horizon serves new questions. */
  readonly seamFreshForMs: number;
  /** How old it may be under an answer while a newer one is looked for in the background (ahead.ts); without it every answer waits for a fresh one. */
  readonly seamAnswersForMs?: number;
}

const RUNS = 50;

export function createServing(parts: ServingParts): Serving {
  const { config, hdfs, metrics, log } = parts;
  const opened = openedOnce(parts);
  const shelf = runShelf(hdfs);
  const listing = lakeListing(hdfs);
  const lookup = lakeLookup(hdfs);
  const listed = listedInLake(hdfs, parts.now);
  const asked = async <Answer>(answer: (open: Opened) => Promise<Answer>): Promise<Answer> => {
    const given = await answer(await opened.get());
    if (isViewed(given)) metrics.showed(given.view);
    return given;
  };
  const streams = servingStreams(parts, opened.get);
  return {
    topItems: (question) => asked((open) => topItems(question, open)),
    locations: (question) => asked((open) => locations(question, open)),
    timeline: (question) => asked((open) => timeline(question, open)),
    detections: (question) => asked((open) => detections(question, open, listed)),
    detection: (id, date) => asked((open) => detection(id, date, open, lookup.find)),
    trust: () => asked(trust),
    runs: (question) => shelf.newest(question?.limit ?? RUNS),
    run: (epoch) => shelf.report(epoch),
    lake: async () => ({ root: `${config.SIGHTLINE_ROOT}/${LAKE}`, webhdfs: config.WEBHDFS_URL, days: await listing.days() }),
    ready: () => ready(opened.get),
    streams,
    exports: servingExports(parts, opened.get),
    now: parts.now,
    gate: parts.gate,
    metrics,
    log,
    async close() {
      streams.endAll();
      await opened.close();
    },
  };
}

function isViewed(answer: unknown): answer is { view: View } {
  return typeof answer === 'object' && answer !== null && 'view' in answer;
}
