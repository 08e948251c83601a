/**
 * Answers questions about counts: plans, reads the snapshot's cells, and reads again if they may be incomplete.
 *
 * The questions in questions/ say what they count and how to merge it. This file takes a snapshot, plans, reads, and
 * repeats the read if the horizon has moved so far that an epoch may have been pruned meanwhile. Identical questions on
 * one snapshot share one read: it started after the snapshot was read, so the promise of the snapshot holds for all of
 * them.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { DetectedRange } from '../../core/domain/doubt.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { View } from '../answers.ts';
import type { Meter } from '../bounds/allowance.ts';
import type { CountCache } from '../cache/count-cache.ts';
import type { CountPlan, CountQuestion, PlanSnapshot } from './plan.ts';
import type { PlaceNames } from './location-names.ts';
import type { PlanSheets } from './read.ts';
import type { ClipWindow } from './clip-window.ts';
import type { Snapshot, SnapshotReader } from '../snapshot/snapshot.ts';
import type { Shared, Waiter } from '../bounds/shared-work.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { Retryable } from '../../core/process/errors.ts';
import { manyListeners, untilAborted } from '../../core/process/read-limits.ts';
import { freshnessMs } from '../snapshot/freshness.ts';
import { planCounts } from './plan.ts';
import { provisional } from './provisional.ts';
import { cellsKeyOf, readPlan } from './read.ts';
import { shareWork } from '../bounds/shared-work.ts';

export interface CountStores {
  readonly snapshots: SnapshotReader;
  readonly cache: CountCache;
  readonly now: () => number;
  readonly clipWindow: ClipWindow;
  /** Creates the meter of each read. */
  readonly meter?: () => Meter;
  /** Called with every question and the key of its cells. */
  readonly onQuestion?: (cells: string, question: CountQuestion) => void;
}

export interface CountResult {
  readonly plan: CountPlan;
  readonly read: PlanSheets;
  readonly snapshot: Snapshot;
}

const TRIES = 4;

export function createCounter(stores: CountStores): (question: CountQuestion, waiter?: Waiter) => Promise<CountResult> {
  const underWay = new WeakMap<Snapshot, Map<string, Shared<CountResult>>>();
  return async (question, waiter) => {
    stores.onQuestion?.(cellsKeyOf(question), question);
    const snapshot = await untilAborted(stores.snapshots.current(), waiter?.signal);
    let bySnapshot = underWay.get(snapshot);
    if (!bySnapshot) underWay.set(snapshot, (bySnapshot = new Map()));
    const key = JSON.stringify(question);
    let sharedRead = bySnapshot.get(key);
    if (!sharedRead || sharedRead.isAbandoned) {
      const started = (sharedRead = shareWork((signal, onAnswer) =>
        count(question, snapshot, stores, { signal, onAnswer }),
      ));
      bySnapshot.set(key, started);
      // A later question must not get this fault, because it may succeed.
      started.done.catch(() => bySnapshot.get(key) === started && bySnapshot.delete(key));
    }
    return sharedRead.join(waiter);
  };
}

/** One shared read, with a meter of its own. */
async function count(
  question: CountQuestion,
  first: Snapshot,
  stores: CountStores,
  { signal, onAnswer }: { signal: AbortSignal; onAnswer: () => void },
): Promise<CountResult> {
  const meter = stores.meter?.();
  const failed = new AbortController();
  const onBytes = (bytes: number): void => {
    onAnswer();
    meter?.onBytes(bytes);
  };
  const limits = { signal: manyListeners(AbortSignal.any([signal, failed.signal])), onBytes };
  try {
    return await readOnValidSnapshot(stores.snapshots, first, (snapshot) =>
      countOnSnapshot(question, snapshot, stores, limits),
    );
  } catch (fault) {
    // One of the parallel reads has failed, so the others end too.
    failed.abort(fault);
    throw fault;
  } finally {
    meter?.done();
  }
}

/** Reads the cells of the question; the snapshot must stay valid until the read ends. */
export async function countOnSnapshot(
  question: CountQuestion,
  snapshot: Snapshot,
  { cache, now, clipWindow }: Pick<CountStores, 'cache' | 'now' | 'clipWindow'>,
  limits?: ReadLimits,
): Promise<CountResult> {
  const plan = planCounts(
    question,
    planSnapshotOf(snapshot, now()),
    await clipWindow(question.window, snapshot, limits),
  );
  const progress = snapshot.progress.map(({ nextOffset }) => nextOffset);
  return { plan, read: await readPlan(plan, progress, cache.hours(snapshot.forgetting), limits), snapshot };
}

/** Repeats the read until no epoch can have been pruned between the snapshot and the end of the read. */
export async function readOnValidSnapshot<T>(
  snapshots: SnapshotReader,
  first: Snapshot,
  read: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  let snapshot = first;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const result = await read(snapshot);
    if (await snapshots.isStillValid(snapshot)) return result;
    snapshot = await snapshots.current(snapshot);
  }
  throw new Retryable(
    snapshot.storeName,
    `The horizon moved during each of ${TRIES} reads; the views answer too slowly. Try again later`,
  );
}

export function planSnapshotOf(snapshot: Snapshot, now: number): PlanSnapshot {
  const horizon: Epoch | null = snapshot.horizon?.epoch ?? null;
  return {
    rules: snapshot.rules,
    horizon,
    now,
    latestArrival: Math.max(...snapshot.progress.map(({ arrival }) => arrival)),
  };
}

export interface ViewOptions {
  readonly missing?: View['missing'] | null;
  /** Of the answer; without it the answer is about everything. */
  readonly window?: { readonly from: number; readonly to: number };
  /** What the rows say that the answer was read from (provisional.ts). */
  readonly doubted?: DetectedRange | null;
}

export function viewOf(
  snapshot: Snapshot,
  places: PlaceNames,
  now: number,
  { missing = null, window = { from: 0, to: now }, doubted = null }: ViewOptions = {},
): View {
  return {
    horizon: snapshot.horizon ? nameOf(snapshot.horizon.epoch, snapshot.rules) : null,
    speed_as_of: Math.round(snapshot.standing.speedAsOf),
    freshness_ms: freshnessMs(snapshot.standing, now),
    reference_version: places.version,
    ...(missing ? { missing } : {}),
    ...provisional(snapshot, doubted, window),
  };
}
