/**
 * The plan of a question about counts: the cells of each view that it needs, before anything is read.
 *
 * A question and a snapshot (snapshot.ts) go in, read.ts reads the plan from the stores, merge.ts adds up the cells.
 * The plan keeps law L5: batch cells of epochs up to the horizon, speed cells of later epochs, each cell once. It reads
 * whole hours from the levels of an hour and only the edges of the window from the levels of a minute, so that a week
 * costs little more than an hour.
 */
import type { Level, Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { TimeWindow } from './window.ts';
import { epochAt, epochOf } from '../../core/domain/epoch.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';

/** What the question counts: items, places, or detections of each minute. */
export type Subject = 'item' | 'place' | 'minute';

export interface CountQuestion {
  readonly scope: Scope;
  readonly subject: Subject;
  /** Whole minutes. */
  readonly window: TimeWindow;
  /** Whether one view is enough for an answer while the other does not answer. */
  readonly allowPartial?: boolean | undefined;
  /**
   * The start of a second window that is counted at the same moment. It is part of the key: questions that share one of
   * the two reads share both.
   */
  readonly beside?: number | undefined;
}

/** The part of a snapshot that decides which epochs count in which view. */
export interface PlanSnapshot {
  readonly rules: Rules;
  readonly horizon: Epoch | null;
  readonly now: number;
  /**
   * The latest arrival that the speed layer has reached; it can be after `now`, because a broker's clock may be ahead.
   */
  readonly latestArrival: number;
}

export interface PlannedRead {
  readonly view: 'batch' | 'speed';
  readonly level: Level;
  /** Hours since 1970, both included. */
  readonly hours: { readonly from: number; readonly to: number };
  /** Only for the levels of a minute: the minutes of a single hour, [from, to). */
  readonly minutes?: { readonly from: number; readonly to: number };
}

export interface CountPlan {
  readonly question: CountQuestion;
  /** The part of the window that the plan reads (clip-window.ts). */
  readonly searched: TimeWindow;
  readonly horizon: Epoch | null;
  readonly speedEpochs: readonly Epoch[];
  readonly reads: readonly PlannedRead[];
}

export function planCounts(
  question: CountQuestion,
  snapshot: PlanSnapshot,
  searched: TimeWindow = question.window,
): CountPlan {
  const { horizon } = snapshot;
  if (searched.from >= searched.to) return { question, searched, horizon, speedEpochs: [], reads: [] };
  const speedEpochs = speedEpochsOf(searched, snapshot);
  const views = [
    ...(horizon === null ? [] : (['batch'] as const)),
    ...(speedEpochs.length === 0 ? [] : (['speed'] as const)),
  ];
  const sections = sectionsOf(question.subject, searched);
  return {
    question,
    searched,
    horizon,
    speedEpochs,
    reads: views.flatMap((view) => sections.map((part) => ({ view, ...part }))),
  };
}

/**
 * The epochs after the horizon in which the speed layer can have counted a detection of the window. It counts no
 * detection that arrived more than D after its own time or more than F before it (L6).
 */
export function speedEpochsOf(window: TimeWindow, { rules, horizon, now, latestArrival }: PlanSnapshot): Epoch[] {
  const earliest = (window.from - rules.clockAheadDays * DAY_MS) as Instant;
  const latest = (window.to - 1 + rules.dedupWindowDays * DAY_MS) as Instant;
  // mutation: first-speed-epoch
  const first = Math.max(horizon === null ? rules.firstEpoch : horizon + 1, epochOf(earliest, rules));
  const open = Math.max(rules.firstEpoch, epochAt(Math.max(now, latestArrival), rules) + 1);
  const last = Math.min(open, epochOf(latest, rules));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => (first + step) as Epoch);
}

const LEVELS_OF: Record<Subject, { minute: Level; hour: Level | null }> = {
  item: { minute: 'minute_item', hour: 'hour_item' },
  place: { minute: 'minute_place', hour: 'hour_place' },
  minute: { minute: 'minute', hour: null },
};

type Section = Omit<PlannedRead, 'view'>;

function sectionsOf(subject: Subject, window: TimeWindow): Section[] {
  const { minute, hour } = LEVELS_OF[subject];
  const firstHour = Math.floor(window.from / HOUR_MS);
  const lastHour = Math.floor((window.to - 1) / HOUR_MS);
  // A row has at most sixty cells of this level, so one range over all hours is cheaper than narrow edges.
  if (hour === null) return [{ level: minute, hours: { from: firstHour, to: lastHour } }];
  const edge = (at: number): Section => {
    const from = Math.max(0, (window.from - at * HOUR_MS) / MINUTE_MS);
    const to = Math.min(60, (window.to - at * HOUR_MS) / MINUTE_MS);
    return { level: minute, hours: { from: at, to: at }, minutes: { from, to } };
  };
  const startsInside = window.from % HOUR_MS !== 0;
  const endsInside = window.to % HOUR_MS !== 0;
  if (firstHour === lastHour && (startsInside || endsInside)) return [edge(firstHour)];
  const whole = { from: firstHour + (startsInside ? 1 : 0), to: lastHour - (endsInside ? 1 : 0) };
  return [
    ...(startsInside ? [edge(firstHour)] : []),
    ...(whole.from <= whole.to ? [{ level: hour, hours: whole }] : []),
    ...(endsInside ? [edge(lastHour)] : []),
  ];
}
