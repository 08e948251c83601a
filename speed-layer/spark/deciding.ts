/**
 * Whether records are decided: the last reason of the engine not to be ready.
 *
 * A query that runs says nothing of the processes that decide: the first one starts with the first record, and takes
 * seconds. So supervisor.ts hands in the progress and the ends of the log, and only progress counts: after each start
 * of the query the engine is ready when the progress has moved, or when no record waits.
 */

interface Next {
  readonly partition: number;
  readonly nextOffset: number;
}

interface End {
  readonly partition: number;
  readonly high: number;
}

export interface Deciding {
  /** A run of the query begins. */
  begin(): void;
  /** The progress as it is in HBase now, and the ends of the log as they were known last. */
  look(progress: readonly Next[], ends: readonly End[]): void;
  /** This progress was moved without a decision (markers.ts). */
  pass(progress: readonly Next[]): void;
  waitingFor(): string | null;
}

/** Longer than a round and a batch take, also where a region moves. */
export const STALLED_AFTER_MS = 15_000;

export function decidingOf(now: () => number): Deciding {
  const before = new Map<number, number>();
  let isFirst = true;
  let hasDecided = false;
  let waiting = 0;
  let movedAt = now();
  const keep = (progress: readonly Next[]): void =>
    progress.forEach(({ partition, nextOffset }) => before.set(partition, nextOffset));
  return {
    begin() {
      hasDecided = false;
      movedAt = now();
    },
    look(progress, ends) {
      const hasMoved =
        !isFirst && progress.some(({ partition, nextOffset }) => nextOffset > (before.get(partition) ?? 0));
      isFirst = false;
      keep(progress);
      waiting = ends.reduce((sum, { partition, high }) => sum + Math.max(0, high - (before.get(partition) ?? 0)), 0);
      hasDecided ||= hasMoved;
      if (hasMoved || waiting === 0) movedAt = now();
    },
    pass: keep,
    waitingFor() {
      if (waiting === 0) return null;
      if (!hasDecided) return `${waiting} records wait, and none is decided yet`;
      const stalledMs = now() - movedAt;
      return stalledMs < STALLED_AFTER_MS
        ? null
        : `${waiting} records wait, and none was decided for ${Math.round(stalledMs / 1_000)} s`;
    },
  };
}
