/**
 * The stores as serving keeps them: opened by the first question, shared by all, opened anew when the generation
 * changes.
 *
 * app.ts asks for them with each question. A failed opening is not kept, so the next question tries again; a store that
 * goes away later is the store's own business, it finds its servers again by itself.
 */
import type { HeldSince } from '../../core/stores/control/held-partitions.ts';
import type { Stores } from '../../core/stores/open.ts';
import type { Allowances } from '../bounds/allowance.ts';
import type { Costs } from '../bounds/costs.ts';
import type { CountQuestion } from '../counts/plan.ts';
import type { Asking } from '../counts/question-context.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { ServingParts } from './parts.ts';
import { heldPartitions } from '../../core/stores/control/held-partitions.ts';
import { lookAhead } from '../counts/look-ahead.ts';
import { countCache } from '../cache/count-cache.ts';
import { countAsker, countOn } from '../counts/counts.ts';
import { placeNames } from '../counts/location-names.ts';
import { readsInTurn } from '../bounds/limited-reads.ts';
import { runWatch } from '../snapshot/run-watch.ts';
import { snapshotReader } from '../snapshot/snapshot.ts';
import { searchedParts } from '../counts/clip-window.ts';
import { turnstile } from '../bounds/bounded-queue.ts';

export interface Opened extends Asking {
  readonly stores: Stores;
}

export interface OpenedOnce {
  readonly get: () => Promise<Opened>;
  readonly close: () => Promise<void>;
}

/** How often the recorded generation is looked at. */
const CHECK_EVERY_MS = 2_000;

/** What the questions over the stores are held to. */
export interface Bounds {
  readonly costs: Costs;
  readonly allowed: Allowances;
}

export function openedOnce(parts: ServingParts, bounds: Bounds): OpenedOnce {
  let opening: Promise<Opened> | null = null;
  let checkedAt = 0;
  const open = (): Promise<Opened> => {
    checkedAt = parts.now();
    const tried = parts.open().then((stores) => assemble(stores, parts, bounds));
    tried.catch(() => {
      if (opening === tried) opening = null;
    });
    return tried;
  };
  const isOutdated = async ({ stores }: Opened): Promise<boolean> => {
    if (parts.now() - checkedAt < CHECK_EVERY_MS) return false;
    checkedAt = parts.now();
    const recorded = await stores.control.rules();
    return recorded !== null && recorded.generation !== stores.rules.generation;
  };
  return {
    async get() {
      const mine = (opening ??= open());
      const opened = await mine;
      if (!(await isOutdated(opened))) return opened;
      if (opening === mine) {
        opening = open();
        parts.log.info(
          { before: opened.stores.rules.generation },
          'the generation changed; the stores are opened anew',
        );
        void closeLater(opened);
      }
      return opening ?? open();
    },
    async close() {
      const last = opening;
      opening = null;
      await last?.then(({ stores }) => stores.close()).catch(() => undefined);
    },
  };
}

/** Answers that were begun with the old stores get their time to end. */
function closeLater({ stores }: Opened): void {
  setTimeout(() => void stores.close(), 15_000).unref();
}

function assemble(stores: Stores, parts: ServingParts, { costs, allowed }: Bounds): Opened {
  const { metrics, now } = parts;
  const turns = turnstile({
    ...costs.reads,
    what: 'reads of HBase',
    onSize: (running, waiting) => metrics.queue('reads', running, waiting),
  });
  const counting = {
    speedView: metrics.countingSpeed(stores.speedView),
    batchView: metrics.countingBatch(stores.batchView),
    detections: stores.detections,
  };
  const { speedView, batchView, detections } = readsInTurn(counting, turns);
  const { snapshotFreshForMs: freshForMs, snapshotUsableForMs: answersForMs = 0 } = parts;
  const newest = snapshotReader(stores, { now, freshForMs });
  const places = placeNames(stores, now);
  const cache = countCache({ speedView, batchView }, parts.config.COUNT_CACHE_MB * 2 ** 20, metrics.remembers);
  const searched = searchedParts({ speedView, batchView }, now);
  const look = (question: CountQuestion, snapshot: Snapshot): Promise<unknown> =>
    allowed.within(costs.counts, {}, (allowance) => countOn(question, snapshot, { cache, now, searched }, allowance));
  const ahead = answersForMs > 0 ? lookAhead(newest, look, { now, freshForMs, answersForMs }) : null;
  const snapshots = ahead ?? newest;
  const count = countAsker({
    snapshots,
    cache,
    now,
    searched,
    meter: () => allowed.meter(costs.counts),
    ...(ahead ? { onAsked: ahead.asked } : {}),
  });
  const runUnderWay = runWatch(stores.control, now);
  const held = (snapshot: Snapshot): Promise<HeldSince[]> =>
    heldPartitions(
      stores.control,
      snapshot.rules.logLife,
      snapshot.progress.map(({ nextOffset }) => nextOffset),
    );
  const aheadMs = parts.config.BROKER_AHEAD_SECONDS * 1_000;
  return {
    stores,
    count,
    searched,
    places,
    snapshots,
    runUnderWay,
    held,
    aheadMs,
    speedView,
    batchView,
    detections,
    now,
  };
}
