/**
 * plan → read → merge, for every question about counts.
 *
 * The questions in questions/ say what they count and how to merge it; this file takes a seam, plans, reads, and reads
 * again if the horizon moved so late that an epoch could have been pruned on the way. Identical questions that meet the
 * same seam share one read: it began after the seam was read, so the seam's promise holds for all of them.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import type { View } from '../answers.ts';
import type { Meter } from '../bounds/allowance.ts';
import type { CountCache } from '../cache/count-cache.ts';
import type { CountPlan, CountQuestion, PlanSeam } from './plan.ts';
import type { PlaceNames } from './location-names.ts';
import type { PlanSheets } from './read.ts';
import type { SearchedPart } from './searched.ts';
import type { Seam, SeamWatch } from '../snapshot/snapshot.ts';
import type { Shared, Waiting } from '../bounds/shared.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import { Retryable } from '../../core/process/errors.ts';
import { manyListeners, untilAborted } from '../../core/process/read-limits.ts';
import { freshnessMs } from '../snapshot/freshness.ts';
import { planCounts } from './plan.ts';
import { cellsKeyOf, readPlan } from './read.ts';
import { shared } from '../bounds/shared.ts';

export interface CountStores {
  readonly seams: SeamWatch;
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
  readonly seam: Seam;
}

const TRIES = 4;

export function countAsker(stores: CountStores): (question: CountQuestion, asker?: Waiting) => Promise<Counted> {
  const underWay = new WeakMap<Seam, Map<string, Shared<Counted>>>();
  return async (question, asker) => {
    stores.onAsked?.(cellsKeyOf(question), question);
    const seam = await untilAborted(stores.seams.current(), asker?.signal);
    let bySeam = underWay.get(seam);
    if (!bySeam) underWay.set(seam, (bySeam = new Map()));
    const key = JSON.stringify(question);
    let asked = bySeam.get(key);
    if (!asked || asked.isGivenUp) {
      const mine = (asked = shared((signal, heard) => count(question, seam, stores, signal, heard)));
      bySeam.set(key, mine);
      // A fault must not be shared with questions that could succeed by now.
      mine.done.catch(() => bySeam.get(key) === mine && bySeam.delete(key));
    }
    return asked.join(asker);
  };
}

/** One read for all who ask it now, on a meter of its own. */
async function count(
  question: CountQuestion,
  first: Seam,
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
    return await whileSeamHolds(stores.seams, first, (seam) => countOn(question, seam, stores, limits));
  } catch (fault) {
    // One of the reads side by side failed: the others end too.
    failed.abort(fault);
    throw fault;
  } finally {
    meter?.done();
  }
}

/** On this seam, which must hold until all is read. */
export async function countOn(
  question: CountQuestion,
  seam: Seam,
  { cache, now, searched }: Pick<CountStores, 'cache' | 'now' | 'searched'>,
  limits?: ReadLimits,
): Promise<Counted> {
  const plan = planCounts(question, planSeam(seam, now()), await searched(question.window, seam, limits));
  const progress = seam.progress.map(({ nextOffset }) => nextOffset);
  return { plan, read: await readPlan(plan, progress, cache.hours(), limits), seam };
}

/** Reads until no epoch can have been pruned between the seam and the end of the read. */
export async function whileSeamHolds<T>(seams: SeamWatch, first: Seam, read: (seam: Seam) => Promise<T>): Promise<T> {
  let seam = first;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const result = await read(seam);
    if (await seams.stillHolds(seam)) return result;
    seam = await seams.current(seam);
  }
  throw new Retryable('HBase', `the horizon moved during each of ${TRIES} readings; the views answer too slowly`);
}

export function planSeam(seam: Seam, now: number): PlanSeam {
  const horizon: Epoch | null = seam.horizon?.epoch ?? null;
  return { rules: seam.rules, horizon, now, latestArrival: Math.max(...seam.progress.map(({ arrival }) => arrival)) };
}

export function viewOf(seam: Seam, places: PlaceNames, now: number, missing: View['missing'] | null = null): View {
  return {
    horizon: seam.horizon ? nameOf(seam.horizon.epoch, seam.rules) : null,
    speed_as_of: Math.round(seam.standing.speedAsOf),
    freshness_ms: freshnessMs(seam.standing, now),
    reference_version: places.version,
    ...(missing ? { missing } : {}),
  };
}
