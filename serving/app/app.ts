/**
 * Serving as one value: every question that the API can be asked, answered in typed answers.
 *
 * Route handlers (serving/http) turn requests into these calls, the dashboard's first paint makes them directly. Stores
 * are opened by the first question and kept; while a store is away every question that needs it is a Retryable, never a
 * partial number. When the recorded generation is no longer the one that was opened, everything is opened anew. Each
 * question has an allowance (allowance.ts): it ends when its asker has left, after so much time, and after so many
 * bytes.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Audit } from '../../core/process/audit.ts';
import { NO_AUDIT } from '../../core/process/audit.ts';
import type { Log } from '../../core/process/log.ts';
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
} from '../answers.ts';
import type { Gate } from '../access/gate.ts';
import type { Allowance, Asker, Cost } from '../bounds/allowance.ts';
import type { Exports } from './exports.ts';
import type { ServingMetrics } from '../metrics.ts';
import type { Opened } from './context.ts';
import type { ServingParts } from './parts.ts';
import type { Streams } from './streams.ts';
import type { WindowQuestion } from '../counts/window.ts';
import { SECOND_MS } from '../../core/domain/time.ts';
import { LAKE } from '../../core/layout/lake.ts';
import { lakeListing } from '../../core/stores/lake/lake-listing.ts';
import { allowances } from '../bounds/allowance.ts';
import { costsOf } from '../bounds/costs.ts';
import { servingExports } from './exports.ts';
import { listedInLake } from '../lake/listed-rows.ts';
import { lakeLookup } from '../lake/lake-lookup.ts';
import { openedOnce } from './context.ts';
import { detection } from '../questions/detection.ts';
import { detections } from '../questions/detections.ts';
import { locations } from '../questions/locations.ts';
import { ready } from './readiness-checks.ts';
import { sharedReadiness } from './readiness.ts';
import { runShelf } from '../questions/runs.ts';
import { timeline } from '../questions/timeline.ts';
import { topItems } from '../questions/top-items.ts';
import { trust } from '../questions/trust.ts';
import { sharing } from '../bounds/shared-work.ts';
import { servingStreams } from './streams.ts';
import { turnstile } from '../bounds/bounded-queue.ts';

export interface Serving {
  topItems(
    question: WindowQuestion & {
      location: Scope;
      limit?: number;
      parts?: boolean;
      allowPartial?: boolean;
      since?: number | undefined;
    },
    asker?: Asker,
  ): Promise<TopItemsAnswer>;
  locations(
    question: WindowQuestion & { parts?: boolean; allowPartial?: boolean },
    asker?: Asker,
  ): Promise<LocationsAnswer>;
  timeline(
    question: WindowQuestion & {
      location: Scope;
      stepSeconds?: number;
      tz?: string | undefined;
      parts?: boolean;
      allowPartial?: boolean;
    },
    asker?: Asker,
  ): Promise<TimelineAnswer>;
  detections(
    question: WindowQuestion & { location: Scope; limit?: number; cursor?: string | undefined },
    asker?: Asker,
  ): Promise<DetectionsAnswer>;
  /** Null if no detection has the id. `date` (YYYY-MM-DD) looks into that day of the lake too. */
  detection(id: Oid, date?: string, asker?: Asker): Promise<DetectionAnswer | null>;
  trust(asker?: Asker): Promise<TrustAnswer>;
  runs(question?: { limit?: number }, asker?: Asker): Promise<RunsAnswer>;
  /** Null if the epoch is not published. */
  run(epoch: string, asker?: Asker): Promise<RunAnswer | null>;
  lake(asker?: Asker): Promise<LakeAnswer>;
  /** One look for all who ask, at most one a second; readiness.ts. */
  ready(): Promise<ReadyAnswer>;
  readonly streams: Streams;
  readonly exports: Exports;
  readonly now: () => number;
  readonly gate: Gate;
  readonly audit: Audit;
  readonly metrics: ServingMetrics;
  /** METRICS_PORT shows the metrics, and PORT does not. */
  readonly hasMetricsPort: boolean;
  readonly log: Log;
  close(): Promise<void>;
}

const RUNS = 50;

export function createServing(parts: ServingParts): Serving {
  const { config, hdfs, metrics, log } = parts;
  const costs = costsOf(config);
  const allowed = allowances(costs.counts.bytes, metrics.gaveUp);
  const opened = openedOnce(parts, { costs, allowed });
  const shelf = runShelf(hdfs);
  const listing = lakeListing(hdfs);
  const shareListing = sharing<LakeAnswer['days']>();
  const turns = turnstile({
    ...costs.lookups,
    what: 'look-ups in the lake',
    onSize: (running, waiting) => metrics.queue('lookups', running, waiting),
  });
  const lookup = lakeLookup(hdfs, {
    turns,
    mostBytes: costs.lookup.bytes,
    joinableMs: costs.lookup.seconds * SECOND_MS,
    now: parts.now,
  });
  const listed = listedInLake(hdfs, parts.now, turns);
  const bounded = <Answer>(
    cost: Cost,
    asker: Asker | undefined,
    answer: (allowance: Allowance) => Promise<Answer>,
  ): Promise<Answer> => allowed.within(cost, asker ?? {}, answer);
  const asked = <Answer>(
    cost: Cost,
    asker: Asker | undefined,
    answer: (open: Opened, allowance: Allowance) => Promise<Answer>,
  ): Promise<Answer> =>
    bounded(cost, asker, async (allowance) => {
      const given = await answer(await opened.get(), allowance);
      if (isViewed(given)) metrics.showed(given.view);
      return given;
    });
  const streams = servingStreams(parts, opened.get, { costs, allowed });
  return {
    topItems: (question, asker) => asked(costs.counts, asker, (open, allowance) => topItems(question, open, allowance)),
    locations: (question, asker) =>
      asked(costs.counts, asker, (open, allowance) => locations(question, open, allowance)),
    timeline: (question, asker) => asked(costs.counts, asker, (open, allowance) => timeline(question, open, allowance)),
    detections: (question, asker) =>
      asked(costs.list, asker, (open, allowance) => detections(question, open, listed, allowance)),
    detection: (id, date, asker) =>
      asked(date === undefined ? costs.row : costs.lookup, asker, (open, allowance) =>
        detection(id, date, open, lookup.find, allowance),
      ),
    trust: (asker) => asked(costs.row, asker, trust),
    runs: (question, asker) =>
      bounded(costs.reports, asker, (allowance) => shelf.newest(question?.limit ?? RUNS, allowance)),
    run: (epoch, asker) => bounded(costs.row, asker, (allowance) => shelf.report(epoch, allowance)),
    lake: async (asker) => {
      const days = await bounded(costs.reports, asker, (allowance) =>
        shareListing('days', allowance, (signal, heard) => listing.days({ signal, onBytes: heard })),
      );
      return { root: `${config.SIGHTLINE_ROOT}/${LAKE}`, webhdfs: config.WEBHDFS_URL, days };
    },
    ready: sharedReadiness(() => ready(opened.get), { now: parts.now, log }),
    streams,
    exports: servingExports(parts, opened.get),
    now: parts.now,
    gate: parts.gate,
    audit: parts.audit ?? NO_AUDIT,
    metrics,
    hasMetricsPort: config.METRICS_PORT !== 0,
    log,
    async close() {
      streams.endAll();
      parts.audit?.flush();
      await opened.close();
    },
  };
}

function isViewed(answer: unknown): answer is { view: View } {
  return typeof answer === 'object' && answer !== null && 'view' in answer;
}
