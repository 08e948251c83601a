/**
 * The open stores and what serving builds on them: opened by the first question, shared by all, opened again when the
 * generation changes.
 *
 * app.ts gets this context for each question. A failed attempt is not kept, so the next question tries again. A store
 * that fails later reconnects by itself.
 */
import type { HeldSince } from '../../core/stores/control/held-partitions.ts';
import type { Stores } from '../../core/stores/open.ts';
import type { Allowances } from '../bounds/allowance.ts';
import type { Costs } from '../bounds/costs.ts';
import type { CountQuestion } from '../counts/plan.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { ServingParts } from './parts.ts';
import { heldPartitions } from '../../core/stores/control/held-partitions.ts';
import { lookAhead } from '../counts/look-ahead.ts';
import { countCache } from '../cache/count-cache.ts';
import { createCounter, countOnSnapshot } from '../counts/counts.ts';
import { leavingDetections } from '../lake/leaving.ts';
import { recountedView } from '../cache/recounted-view.ts';
import { placeNames } from '../counts/location-names.ts';
import { limitReads } from '../bounds/limited-reads.ts';
import { runWatch } from '../snapshot/run-watch.ts';
import { snapshotReader } from '../snapshot/snapshot.ts';
import { windowClipper } from '../counts/clip-window.ts';
import { boundedQueue } from '../bounds/bounded-queue.ts';

export interface ServingContext extends QuestionContext {
  readonly stores: Stores;
}

export interface ContextSource {
  readonly get: () => Promise<ServingContext>;
  readonly close: () => Promise<void>;
}

/** How often the recorded generation is read. */
const CHECK_EVERY_MS = 2_000;

/** The limits of questions. */
export interface Bounds {
  readonly costs: Costs;
  readonly allowances: Allowances;
}

export function contextSource(parts: ServingParts, bounds: Bounds): ContextSource {
  let context: Promise<ServingContext> | null = null;
  let checkedAt = 0;
  let openedAt = 0;
  const open = (): Promise<ServingContext> => {
    checkedAt = openedAt = parts.now();
    const attempt = parts.open().then((stores) => contextOf(stores, parts, bounds));
    attempt.catch(() => {
      if (context === attempt) context = null;
    });
    return attempt;
  };
  const isOutdated = async ({ stores }: ServingContext): Promise<boolean> => {
    const { certainty } = stores.store;
    // What one replica said is in the caches: a quorum is asked anew.
    if (certainty.weakAnswers() > 0 && !certainty.isWeak() && parts.now() - openedAt >= CHECK_EVERY_MS) return true;
    if (parts.now() - checkedAt < CHECK_EVERY_MS) return false;
    checkedAt = parts.now();
    const recorded = await stores.control.rules();
    return recorded !== null && recorded.generation !== stores.rules.generation;
  };
  return {
    async get() {
      const newest = (context ??= open());
      const opened = await newest;
      if (!(await isOutdated(opened))) return opened;
      if (context === newest) {
        context = open();
        parts.log.info(
          { before: opened.stores.rules.generation },
          'the generation has changed, or a quorum answers again; serving opens the stores again',
        );
        void closeLater(opened);
      }
      return context ?? open();
    },
    async close() {
      const last = context;
      context = null;
      await last?.then(({ stores }) => stores.close()).catch(() => undefined);
    },
  };
}

/** Gives answers that still use the old stores time to end. */
function closeLater({ stores }: ServingContext): void {
  setTimeout(() => void stores.close(), 15_000).unref();
}

function contextOf(stores: Stores, parts: ServingParts, { costs, allowances }: Bounds): ServingContext {
  const { metrics, now } = parts;
  const queue = boundedQueue({
    ...costs.reads,
    what: `reads of ${stores.store.name}`,
    onSize: (running, waiting) => metrics.setQueue('reads', running, waiting),
  });
  const counting = {
    speedView: metrics.countSpeedReads(stores.speedView),
    batchView: metrics.countBatchReads(stores.batchView),
    detections: stores.detections,
  };
  const { speedView, batchView, detections } = limitReads(counting, queue);
  const { snapshotFreshForMs: freshForMs, snapshotUsableForMs: usableForMs = 0 } = parts;
  const newest = snapshotReader(stores, { now, freshForMs });
  const places = placeNames(stores, now);
  const cache = countCache({ speedView, batchView }, parts.config.COUNT_CACHE_MB * 2 ** 20, {
    onBytes: metrics.setCacheBytes,
    withRecounted: (view, change) => recountedView(view, parts.hdfs, change),
  });
  const clipWindow = windowClipper({ speedView, batchView }, now);
  const readAhead = (question: CountQuestion, snapshot: Snapshot): Promise<unknown> =>
    allowances.within(costs.counts, {}, (allowance) =>
      countOnSnapshot(question, snapshot, { cache, now, clipWindow }, allowance),
    );
  const ahead = usableForMs > 0 ? lookAhead(newest, readAhead, { now, freshForMs, usableForMs }) : null;
  const snapshots = ahead ?? newest;
  const count = createCounter({
    snapshots,
    cache,
    now,
    clipWindow,
    meter: () => allowances.meter(costs.counts),
    ...(ahead ? { onQuestion: ahead.noteQuestion } : {}),
  });
  const isRunUnderWay = runWatch(stores.control, now);
  const held = (snapshot: Snapshot): Promise<HeldSince[]> =>
    heldPartitions(
      stores.control,
      snapshot.rules.logLife,
      snapshot.progress.map(({ nextOffset }) => nextOffset),
    );
  const aheadMs = parts.config.BROKER_AHEAD_SECONDS * 1_000;
  return {
    stores,
    store: stores.store,
    count,
    clipWindow,
    places,
    snapshots,
    isRunUnderWay,
    heldPartitions: held,
    aheadMs,
    speedView,
    batchView,
    detections,
    leaving: leavingDetections(parts.hdfs),
    now,
  };
}
