/** Answers and boards for the page's tests: right in form, with the few values that a test is about. */
import type {
  DetectionsAnswer,
  LocationsAnswer,
  TimelineAnswer,
  TopItemsAnswer,
  TrustAnswer,
  View,
} from '../../../serving/answers.ts';
import type { Board } from '../../../dashboard-next/model/board.ts';
import type { Signals } from '../../../dashboard-next/model/badge.ts';
import { FRESH } from '../../../dashboard-next/model/badge.ts';
import { DEFAULTS } from '../../../dashboard-next/model/address.ts';

export const NOON = Date.UTC(2026, 10, 23, 12);

export function view(changed: Partial<View> = {}): View {
  return { horizon: '2026-11-22', speed_as_of: NOON, freshness_ms: 800, reference_version: 18, ...changed };
}

export function topItems(changed: Partial<TopItemsAnswer> = {}): TopItemsAnswer {
  return {
    location: 'all',
    from: NOON - 3_600_000,
    to: NOON + 60_000,
    total: 0,
    distinct_items: 0,
    items: [],
    view: view(),
    ...changed,
  };
}

export function ranked(counts: Record<string, number>, changed: Partial<TopItemsAnswer> = {}): TopItemsAnswer {
  const items = Object.entries(counts).map(([item_name, count], index) => ({ item_rank: index + 1, item_name, count }));
  const total = items.reduce((sum, { count }) => sum + count, 0);
  return topItems({ total, distinct_items: items.length, items, ...changed });
}

export function locations(counts: Record<string, number>, names: Record<string, string> = {}): LocationsAnswer {
  const places = Object.entries(counts).map(([oid, count]) => ({
    geographical_location_oid: oid,
    geographical_location: names[oid] ?? null,
    count,
  }));
  return {
    from: NOON - 3_600_000,
    to: NOON,
    total: places.reduce((sum, { count }) => sum + count, 0),
    locations: places,
    view: view(),
  };
}

export function timeline(counts: readonly number[], changed: Partial<TimelineAnswer> = {}): TimelineAnswer {
  const from = NOON - counts.length * 60_000;
  const points = counts.map((count, index) => ({ t: from + index * 60_000, count, parts: { batch: 0, speed: count } }));
  return {
    location: 'all',
    from,
    to: NOON,
    step: 60,
    total: counts.reduce((a, b) => a + b, 0),
    points,
    view: view(),
    ...changed,
  };
}

export function listed(
  rows: DetectionsAnswer['detections'],
  changed: Partial<DetectionsAnswer> = {},
): DetectionsAnswer {
  return {
    location: '17',
    from: NOON - 3_600_000,
    to: NOON,
    detections: rows,
    next_cursor: null,
    view: view(),
    ...changed,
  };
}

export function trust(changed: Partial<TrustAnswer> = {}): TrustAnswer {
  return {
    generation: 1,
    epoch_seconds: 86_400,
    tallies: { records: 9, new: 9, copies: 0, strays: 0, deferred: 0, dead_letters: 0, ticks: 0 },
    partitions: [],
    dead_letters: [],
    held: [],
    horizon: { epoch: '2026-11-22', ends_at: Date.UTC(2026, 10, 23), published_at: Date.UTC(2026, 10, 23, 0, 12) },
    batch: {
      behind_epochs: 0,
      behind_seconds: 0,
      running: null,
      open_epoch: '2026-11-23',
      open_ends_at: Date.UTC(2026, 10, 24),
    },
    view: view(),
    ...changed,
  };
}

export function board(top: TopItemsAnswer, changed: Partial<Board> = {}): Board {
  return {
    subject: DEFAULTS,
    top,
    readAt: top.view.speed_as_of + top.view.freshness_ms,
    answers: {},
    faults: {},
    ...changed,
  };
}

export function signals(changed: Partial<Signals> = {}): Signals {
  return {
    now: NOON + 900,
    answeredAt: NOON + 900,
    view: view(),
    freshness: FRESH,
    outage: null,
    refreshMs: 1_000,
    pausedAt: null,
    grewAt: NOON,
    allowsPartial: false,
    ...changed,
  };
}
