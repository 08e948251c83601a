/**
 * The time up to which an answer is complete, from the progress of the partitions and the ends of the log.
 *
 * snapshot.ts passes both; the `view` of an answer shows the result. The promise: everything committed before
 * `speed_as_of` is in the answer. A partition whose progress reaches the end that the log had at T has everything
 * committed before T. Any other partition has everything before the arrival of its progress. This holds only if the
 * ends were read before the progress, and the progress before the counts. Under steady load progress never reaches the
 * newest end, so the ends of the last seconds are kept. They are the ends of the log itself: measured by the last
 * stable offset, a partition would seem caught up behind a transaction that hangs.
 */

/**
 * The offset after the last record of each partition. The question was sent at `at`, so everything committed before
 * `at` lies before these offsets.
 */
export interface EndOffsets {
  readonly at: number;
  readonly ends: readonly number[];
}

export interface PartitionStand {
  readonly nextOffset: number;
  readonly arrival: number;
}

export interface Standing {
  /** Per partition: the last time up to which it was complete; 0 if never. */
  readonly caughtUpAt: readonly number[];
  /** Per partition: everything committed before this time is counted. */
  readonly asOf: readonly number[];
  /** The least of them. */
  readonly speedAsOf: number;
  /** True if everything up to the newest known ends is counted. */
  readonly isCaughtUp: boolean;
}

/**
 * `history`: newest first. `previous`: the previous standing, whose `caughtUpAt` is carried over. A partition beyond
 * the first ones came by growing: where no entry of the history names it, it did not exist.
 */
export function standingOf(
  partitions: readonly PartitionStand[],
  history: readonly EndOffsets[],
  previous: Pick<Standing, 'caughtUpAt'> | null,
  firstPartitions = partitions.length,
): Standing {
  const isThere = (p: number): boolean => p < firstPartitions || history.some(({ ends }) => p < ends.length);
  const endOf = ({ ends }: EndOffsets, p: number): number => ends[p] ?? (isThere(p) ? Infinity : 0);
  const caughtUpAt = partitions.map(({ nextOffset }, p) => {
    const reached = history.find((known) => nextOffset >= endOf(known, p));
    return Math.max(previous?.caughtUpAt[p] ?? 0, reached?.at ?? 0);
  });
  const asOf = partitions.map(({ arrival }, p) => Math.max(arrival, caughtUpAt[p]!));
  const newest = history[0];
  return {
    caughtUpAt,
    asOf,
    speedAsOf: Math.min(...asOf),
    isCaughtUp: newest !== undefined && partitions.every(({ nextOffset }, p) => nextOffset >= endOf(newest, p)),
  };
}

/** How far the answer is behind the end of the log; 0 when caught up, even if the last record came long ago. */
export function freshnessMs({ isCaughtUp, speedAsOf }: Standing, now: number): number {
  return isCaughtUp ? 0 : Math.max(0, Math.round(now - speedAsOf));
}
