/**
 * As of when an answer is: what the progress of the partitions and the ends of the log allow to promise.
 *
 * snapshot.ts brings both, the answers' `view` shows the result. The promise: nothing committed before `speed_as_of` is
 * missing. A partition whose progress reaches the end that the log had at T has everything committed before T; one that
 * does not has everything before its progress's arrival. That holds only if the ends were read before the progress, and
 * the progress before the counts. Under steady load progress never equals the newest end, so the ends of the last
 * seconds are remembered. They are the ends of the log itself: up to the last stable offset alone a partition would
 * seem caught up behind a transaction that hangs.
 */

/**
 * The offset after the last record of each partition, asked for at `at` (so nothing committed before `at` lies beyond
 * them).
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
  /** Per partition: the last time for which it was seen to have everything; 0 if never. */
  readonly caughtUpAt: readonly number[];
  /** Per partition: nothing committed before is missing. */
  readonly asOf: readonly number[];
  /** The least of them. */
  readonly speedAsOf: number;
  /** Everything up to the newest known ends is counted. */
  readonly isCaughtUp: boolean;
}

/**
 * `history`: newest first. `before`: the previous standing, whose `caughtUpAt` is carried over. A partition beyond the
 * first ones came by growing: where no entry of the history names it, it did not exist.
 */
export function standingOf(
  partitions: readonly PartitionStand[],
  history: readonly EndOffsets[],
  before: Pick<Standing, 'caughtUpAt'> | null,
  firstPartitions = partitions.length,
): Standing {
  const isThere = (p: number): boolean => p < firstPartitions || history.some(({ ends }) => p < ends.length);
  const endOf = ({ ends }: EndOffsets, p: number): number => ends[p] ?? (isThere(p) ? Infinity : 0);
  const caughtUpAt = partitions.map(({ nextOffset }, p) => {
    const reached = history.find((known) => nextOffset >= endOf(known, p));
    return Math.max(before?.caughtUpAt[p] ?? 0, reached?.at ?? 0);
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

/** How far behind the end of the log: 0 when caught up, however long ago the last record came. */
export function freshnessMs({ isCaughtUp, speedAsOf }: Standing, now: number): number {
  return isCaughtUp ? 0 : Math.max(0, Math.round(now - speedAsOf));
}
