/**
 * Doubt: a span of a partition's records that was counted while no quorum of replicas answered, so that a copy may be
 * counted and a count may lack something.
 *
 * The speed layer keeps the spans in the partition's progress, so whoever sees a count's progress sees its doubt. The
 * row of a doubtful count has a mark too, for a replica that lacks the progress. An
 * open span is read again from its beginning when a quorum is back: every write is repeated with the same bytes, and
 * then a quorum has it. A copy that was counted stays counted, so a span that was read again is still in doubt until
 * the batch layer has published its epochs: it proves them, repairs the counts and names the differences. With equal
 * offsets Cassandra keeps the greater text, and "reread" is greater than "open".
 */
import type { Epoch } from './epoch.ts';
import type { Rules } from './rules.ts';
import type { Tallies } from './tallies.ts';
import type { Instant } from './time.ts';
import { epochOf } from './epoch.ts';

/**
 * Milliseconds by the cameras' clocks, both included. The speed layer names whole hours: a cell counts an hour, minute
 * by minute, so whoever adds to an old value of it loses counts of the other minutes too.
 */
export interface DetectedRange {
  readonly from: number;
  readonly to: number;
}

/** Where nobody knows what was counted. */
export const EVERYTHING: DetectedRange = { from: 0, to: Number.MAX_SAFE_INTEGER };

export interface Doubt {
  /** The first offset, and the offset after the last. */
  readonly from: number;
  readonly to: number;
  /** Arrival and tallies before the first record. */
  readonly arrivedBefore: Instant;
  readonly tallies: Tallies;
  /** Arrival of the last record. */
  readonly arrivedTo: Instant;
  /** When its detections were made; null if it has none. */
  readonly detected: DetectedRange | null;
  /** rereading: it is read again, and so far a quorum has taken every write. */
  readonly state: 'open' | 'rereading' | 'reread';
}

/** What the progress of a partition says of it. */
export interface Doubted {
  readonly nextOffset: number;
  readonly arrival: Instant;
  readonly tallies: Tallies;
  /** Oldest first; only the last may be open. */
  readonly doubts?: readonly Doubt[];
}

export interface Counted {
  readonly nextOffset: number;
  readonly arrival: Instant;
  readonly detected: DetectedRange | null;
  /** Whether something that decided it or that it wrote came from fewer replicas than a quorum. */
  readonly isWeak: boolean;
}

/** More are merged, the oldest first. */
export const MOST_DOUBTS = 32;

/** The spans after some more records were counted. */
export function doubtsAfter(before: Doubted, counted: Counted): readonly Doubt[] {
  const doubts = before.doubts ?? [];
  const last = doubts.at(-1);
  const { nextOffset, arrival, detected, isWeak } = counted;
  if (!last || last.state === 'reread') {
    // mutation: doubt-begins
    if (!isWeak) return doubts;
    const { nextOffset: from, arrival: arrivedBefore, tallies } = before;
    return bounded([
      ...doubts,
      { from, to: nextOffset, arrivedBefore, tallies, arrivedTo: arrival, detected, state: 'open' },
    ]);
  }
  const grown: Doubt = {
    ...last,
    to: Math.max(last.to, nextOffset),
    arrivedTo: Math.max(last.arrivedTo, arrival) as Instant,
    detected: union(last.detected, detected),
  };
  return [...doubts.slice(0, -1), { ...grown, state: stateAfter(last, nextOffset, isWeak) }];
}

function stateAfter({ state, to }: Doubt, nextOffset: number, isWeak: boolean): Doubt['state'] {
  // mutation: doubt-ends
  if (state === 'open' || isWeak) return 'open';
  return nextOffset >= to ? 'reread' : 'rereading';
}

export function isOpen(doubt: Doubt | undefined): boolean {
  return doubt !== undefined && doubt.state !== 'reread';
}

/** Whether an open span names this range already, so that more of it puts nothing in doubt that is not. */
export function isInDoubt(span: Doubt | undefined, range: DetectedRange | null): boolean {
  if (!span || !isOpen(span)) return false;
  const { detected } = span;
  return range === null || (detected !== null && detected.from <= range.from && detected.to >= range.to);
}

/** Where a partition begins when a quorum answers: at its open span, so that everything of it is written again. */
export function beginningOf<P extends Doubted>(progress: P): P {
  const doubts = progress.doubts ?? [];
  const last = doubts.at(-1);
  // mutation: doubt-begins-again
  if (!last || last.state === 'reread') return progress;
  const { from: nextOffset, arrivedBefore: arrival, tallies } = last;
  return {
    ...progress,
    nextOffset,
    arrival,
    tallies,
    doubts: [...doubts.slice(0, -1), { ...last, state: 'rereading' }],
  };
}

/** The same where the log has lost the beginning of the open span: the batch layer alone repairs it. */
export function withoutRereading<P extends Doubted>(progress: P): P {
  const doubts = progress.doubts ?? [];
  return { ...progress, doubts: doubts.map((doubt) => ({ ...doubt, state: 'reread' as const })) };
}

/** Whether an open span waits to be read again; false while it is. */
export function waitsForRereading({ nextOffset, doubts }: Doubted): boolean {
  const last = doubts?.at(-1);
  return last?.state === 'open' && nextOffset >= last.to;
}

/** The detections that are in doubt beyond the horizon; null if none are. */
export function inDoubt(all: readonly Doubted[], horizon: Epoch | null, rules: Rules): DetectedRange | null {
  const living = all
    .flatMap(({ doubts }) => doubts ?? [])
    .filter(({ arrivedTo }) => horizon === null || epochOf(arrivedTo, rules) > horizon);
  return living.reduce<DetectedRange | null>((range, { detected }) => union(range, detected), null);
}

function bounded(doubts: readonly Doubt[]): readonly Doubt[] {
  const [first, second, ...others] = doubts;
  if (doubts.length <= MOST_DOUBTS || !first || !second) return doubts;
  return [
    {
      ...first,
      ...{ to: second.to, arrivedTo: second.arrivedTo, detected: union(first.detected, second.detected) },
    },
    ...others,
  ];
}

/** The least range that holds both. */
export function union(a: DetectedRange | null, b: DetectedRange | null): DetectedRange | null {
  return a && b ? { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) } : (a ?? b);
}
