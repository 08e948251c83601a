/**
 * plan → read → merge, for every question about counts.
 *
 * The questions in questions/ say what they count and how to merge it; this file takes a snapshot, plans, reads, and
 * reads again if the horizon moved so late that an epoch could have been pruned on the way. Identical questions that
 * meet the same snapshot share one read: it began after the snapshot was read, so the snapshot's promise holds for all
 * of them.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { View } from '../answers.ts';
import type { Meter } from '../bounds/allowance.ts';
import type { CountCache } from '../cache/count-cache.ts';
import type { CountPlan, CountQuestion, PlanSnapshot } from './plan.ts';
import type { PlaceNames } from './location-names.ts';
import type { PlanSheets } from './read.ts';
import type { SearchedPart } from './clip-window.ts';
import type { Snapshot, SnapshotReader } from '../snapshot/snapshot.ts';
import type { Shared, Waiting } from '../bounds/shared-work.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { Retryable } from '../../core/process/errors.ts';
import { manyListeners, untilAborted } from '../../core/process/read-limits.ts';
import { freshnessMs } from '../snapshot/freshness.ts';
import { planCounts } from './plan.ts';
import { cellsKeyOf, readPlan } from './read.ts';
import { shared } from '../bounds/shared-work.ts';

export interface CountStores {
  readonly snapshots: SnapshotReader;
  readonly cache: CountCache;
  readonly now: () => number;
  readonly searched: SearchedPart;
  /** Of each read. */
  readonly meter?: () => Meter;
  /** Told of every question, and which cells it reads. */
  readonly onAsked?: (cells: string, question: CountQuestion) => void;
}

export interface Counted {
  readonly plan: CountPlan;
  readonly read: PlanSheets;
  readonly snapshot: Snapshot;
}

const TRIES = 4;

export function countAsker(stores: CountStores): (question: CountQuestion, asker?: Waiting) => Promise<Counted> {
  const underWay = new WeakMap<Snapshot, Map<string, Shared<Counted>>>();
  return async (question, asker) => {
    stores.onAsked?.(cellsKeyOf(question), question);
    const snapshot = await untilAborted(stores.snapshots.current(), asker?.signal);
    let bySnapshot = underWay.get(snapshot);
    if (!bySnapshot) underWay.set(snapshot, (bySnapshot = new Map()));
    const key = JSON.stringify(question);
    let asked = bySnapshot.get(key);
    if (!asked || asked.isGivenUp) {
      const mine = (asked = shared((signal, heard) => count(question, snapshot, stores, signal, heard)));
      bySnapshot.set(key, mine);
      // A fault must not be shared with questions that could succeed by now.
      mine.done.catch(() => bySnapshot.get(key) === mine && bySnapshot.delete(key));
    }
    return asked.join(asker);
  };
}

/** One read for all who ask it now, on a meter of its own. */
async function count(
  question: CountQuestion,
  first: Snapshot,
  stores: CountStores,
  signal: AbortSignal,
  heard: () => void,
): Promise<Counted> {
  const meter = stores.meter?.();
  const failed = new AbortController();
  const onBytes = (bytes: number): void => {
    heard();
    meter?.onBytes(bytes);
  };
  const limits = { signal: manyListeners(AbortSignal.any([signal, failed.signal])), onBytes };
  try {
    return await readOnValidSnapshot(stores.snapshots, first, (snapshot) =>
      countOn(question, snapshot, stores, limits),
    );
  } catch (fault) {
    // One of the reads side by side failed: the others end too.
    failed.abort(fault);
    throw fault;
  } finally {
    meter?.done();
  }
}

/** On this snapshot, which must hold until all is read. */
export async function countOn(
  question: CountQuestion,
  snapshot: Snapshot,
  { cache, now, searched }: Pick<CountStores, 'cache' | 'now' | 'searched'>,
  limits?: ReadLimits,
): Promise<Counted> {
  const plan = planCounts(question, planSnapshotOf(snapshot, now()), await searched(question.window, snapshot, limits));
  const progress = snapshot.progress.map(({ nextOffset }) => nextOffset);
  return { plan, read: await readPlan(plan, progress, cache.hours(), limits), snapshot };
}

/** Reads until no epoch can have been pruned between the snapshot and the end of the read. */
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
  throw new Retryable('HBase', `the horizon moved during each of ${TRIES} readings; the views answer too slowly`);
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

export function viewOf(
  snapshot: Snapshot,
  places: PlaceNames,
  now: number,
  missing: View['missing'] | null = null,
): View {
  return {
    horizon: snapshot.horizon ? nameOf(snapshot.horizon.epoch, snapshot.rules) : null,
    speed_as_of: Math.round(snapshot.standing.speedAsOf),
    freshness_ms: freshnessMs(snapshot.standing, now),
    reference_version: places.version,
    ...(missing ? { missing } : {}),
  };
}
