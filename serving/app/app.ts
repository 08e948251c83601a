/**
 * Serving as one value: every question of the API, with typed answers.
 *
 * Route handlers (serving/http) turn requests into these calls; the dashboard's first paint calls them directly. The
 * first question opens the stores, and they stay open. While a store does not answer, a question that needs it ends
 * with a Retryable, never with a partial number. When the recorded generation changes, the stores are opened again.
 * Each question has an allowance (allowance.ts), which ends it when the client leaves, after its time, or after its
 * bytes.
 */
import type { Scope } from '../../core/domain/counts.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Audit } from '../../core/process/audit.ts';
import { storeNameOf } from '../../core/process/store-settings.ts';
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
import type { Allowance, Allowances, Asker, Cost } from '../bounds/allowance.ts';
import type { Exports } from './exports.ts';
import type { FootageCamerasAnswer } from '../footage-answers.ts';
import type { ServingMetrics } from '../metrics.ts';
import type { ServingContext } from './context.ts';
import type { ServingParts } from './parts.ts';
import type { Streams } from './streams.ts';
import type { WindowQuestion } from '../counts/window.ts';
import { SECOND_MS } from '../../core/domain/time.ts';
import { LAKE } from '../../core/layout/lake.ts';
import { cameraHoursStore } from '../../core/stores/footage/camera-hours.ts';
import { footageStore } from '../../core/stores/footage/footage-store.ts';
import { lakeListing } from '../../core/stores/lake/lake-listing.ts';
import { createAllowances } from '../bounds/allowance.ts';
import type { Costs } from '../bounds/costs.ts';
import { costsOf } from '../bounds/costs.ts';
import { servingExports } from './exports.ts';
import type { ServedFootage } from './footage.ts';
import { servedFootage } from './footage.ts';
import { listedRowFinder } from '../lake/listed-rows.ts';
import { lakeLookup } from '../lake/lake-lookup.ts';
import { contextSource } from './context.ts';
import type { CamerasQuestion } from '../questions/cameras.ts';
import { cameras } from '../questions/cameras.ts';
import { detection } from '../questions/detection.ts';
import { detections } from '../questions/detections.ts';
import { locations } from '../questions/locations.ts';
import { checkReadiness } from './readiness-checks.ts';
import { recent } from '../questions/recent.ts';
import { recentMetrics } from './recent-metrics.ts';
import { sharedReadiness } from './readiness.ts';
import { runReports } from '../questions/runs.ts';
import { timeline } from '../questions/timeline.ts';
import { topItems } from '../questions/top-items.ts';
import { trust } from '../questions/trust.ts';
import { shareByKey } from '../bounds/shared-work.ts';
import { servingStreams } from './streams.ts';
import { boundedQueue } from '../bounds/bounded-queue.ts';

export interface Serving {
  /** What keeps the rows, for messages. */
  readonly storeName: string;
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
  /** Null if no detection has the id. With `date` (YYYY-MM-DD) the lookup also reads that day of the lake. */
  detection(id: Oid, date?: string, asker?: Asker): Promise<DetectionAnswer | null>;
  readonly footage: ServedFootage;
  /** What is wrong with which camera, by the analysis of footage. */
  cameras(question: CamerasQuestion, asker?: Asker): Promise<FootageCamerasAnswer>;
  trust(asker?: Asker): Promise<TrustAnswer>;
  runs(question?: { limit?: number }, asker?: Asker): Promise<RunsAnswer>;
  /** Null if the epoch is not published. */
  run(epoch: string, asker?: Asker): Promise<RunAnswer | null>;
  lake(asker?: Asker): Promise<LakeAnswer>;
  /** One check for all callers, at most one a second (readiness.ts). */
  ready(): Promise<ReadyAnswer>;
  readonly streams: Streams;
  readonly exports: Exports;
  readonly now: () => number;
  readonly gate: Gate;
  readonly audit: Audit;
  readonly metrics: ServingMetrics;
  /** What Prometheus reads; `isKnown`: the numbers of the last hour too, which are not for strangers. */
  metricsText(isKnown: boolean): Promise<string>;
  /** True if METRICS_PORT serves the metrics instead of PORT. */
  readonly hasMetricsPort: boolean;
  readonly log: Log;
  close(): Promise<void>;
}

const RUNS = 50;

export function createServing(parts: ServingParts): Serving {
  const { config, hdfs, metrics, log } = parts;
  const costs = costsOf(config);
  const allowances = createAllowances(costs.counts.bytes, metrics.countStopped);
  const contexts = contextSource(parts, { costs, allowances });
  const reports = runReports(hdfs);
  const lakeAnswer = lakeAnswers(parts);
  const { lookup, listedRows } = lakeSearch(parts, costs);
  const { answerWithin, answerFromStores } = answerers(contexts.get, allowances, metrics);
  const ofRecent = recentMetrics({ items: config.METRICS_TOP_ITEMS, locations: config.METRICS_TOP_LOCATIONS }, (tops) =>
    answerFromStores(costs.counts, undefined, (context, allowance) => recent(tops, context, allowance)),
  );
  const streams = servingStreams(parts, contexts.get, { costs, allowances });
  const cameraHours = cameraHoursStore(hdfs);
  const footage = servedFootage(parts, footageStore(hdfs), { costs, allowances });
  return {
    storeName: storeNameOf(parts.config),
    footage,
    cameras: (question, asker) =>
      answerFromStores(costs.footage, asker, (context, allowance) =>
        cameras(question, { context, hours: cameraHours }, allowance),
      ),
    topItems: (question, asker) =>
      answerFromStores(costs.counts, asker, (context, allowance) => topItems(question, context, allowance)),
    locations: (question, asker) =>
      answerFromStores(costs.counts, asker, (context, allowance) => locations(question, context, allowance)),
    timeline: (question, asker) =>
      answerFromStores(costs.counts, asker, (context, allowance) => timeline(question, context, allowance)),
    detections: (question, asker) =>
      answerFromStores(costs.list, asker, (context, allowance) => detections(question, context, listedRows, allowance)),
    detection: (id, date, asker) =>
      answerFromStores(date === undefined ? costs.row : costs.lookup, asker, (context, allowance) =>
        detection({ id, date }, context, lookup.find, allowance),
      ),
    trust: (asker) => answerFromStores(costs.row, asker, trust),
    runs: (question, asker) =>
      answerWithin(costs.reports, asker, (allowance) => reports.newest(question?.limit ?? RUNS, allowance)),
    run: (epoch, asker) => answerWithin(costs.row, asker, (allowance) => reports.report(epoch, allowance)),
    lake: (asker) => answerWithin(costs.reports, asker, lakeAnswer),
    ready: sharedReadiness(() => checkReadiness(contexts.get), { now: parts.now, log }),
    streams,
    exports: servingExports(parts, contexts.get),
    now: parts.now,
    gate: parts.gate,
    audit: parts.audit ?? NO_AUDIT,
    metrics,
    async metricsText(isKnown) {
      // The counts first: they move what the others show of this process.
      const counts = isKnown ? await ofRecent.text() : '';
      return (await metrics.registry.metrics()) + counts;
    },
    hasMetricsPort: config.METRICS_PORT !== 0,
    log,
    async close() {
      streams.endAll();
      parts.audit?.flush();
      await contexts.close();
    },
  };
}

/** Answers within a cost: from whatever the answer reads, and from the stores, which tell how fresh they are. */
function answerers(openContext: () => Promise<ServingContext>, allowances: Allowances, metrics: ServingMetrics) {
  const answerWithin = <Answer>(
    cost: Cost,
    asker: Asker | undefined,
    answer: (allowance: Allowance) => Promise<Answer>,
  ): Promise<Answer> => allowances.within(cost, asker ?? {}, answer);
  const answerFromStores = <Answer>(
    cost: Cost,
    asker: Asker | undefined,
    answer: (context: ServingContext, allowance: Allowance) => Promise<Answer>,
  ): Promise<Answer> =>
    answerWithin(cost, asker, async (allowance) => {
      const result = await answer(await openContext(), allowance);
      if (hasView(result)) metrics.setFreshness(result.view);
      return result;
    });
  return { answerWithin, answerFromStores };
}

/** The days of the lake; those who ask at the same time share one reading. */
function lakeAnswers({ config, hdfs }: ServingParts): (allowance: Allowance) => Promise<LakeAnswer> {
  const listing = lakeListing(hdfs);
  const share = shareByKey<LakeAnswer['days']>();
  return async (allowance) => {
    const days = await share('days', allowance, (signal, onAnswer) => listing.days({ signal, onBytes: onAnswer }));
    return { root: `${config.SIGHTLINE_ROOT}/${LAKE}`, webhdfs: config.WEBHDFS_URL, days };
  };
}

/** Searches in the lake, which share one queue. */
function lakeSearch({ hdfs, metrics, now }: ServingParts, { lookup, lookups }: Costs) {
  const queue = boundedQueue({
    ...lookups,
    what: 'lookups in the lake',
    onSize: (running, waiting) => metrics.setQueue('lookups', running, waiting),
  });
  const options = { queue, mostBytes: lookup.bytes, joinableMs: lookup.seconds * SECOND_MS, now };
  return { lookup: lakeLookup(hdfs, options), listedRows: listedRowFinder(hdfs, now, queue) };
}

function hasView(answer: unknown): answer is { view: View } {
  return typeof answer === 'object' && answer !== null && 'view' in answer;
}
