/**
 * The text for a partition that is held before a stamp: one text for workers, runs, the API and commands.
 *
 * It says what was found, what was expected, and the two remedies, in one sentence each (law L5; docs/operations.md, "A
 * broker's clock ran ahead").
 */
export interface HeldPartition {
  readonly partition: number;
  /** The record before which it stands, and its stamp. */
  readonly offset: number;
  readonly stamp: number;
}

/** When a reader whose clock is right goes on by itself. */
export function resumesAt({ stamp }: Pick<HeldPartition, 'stamp'>, aheadMs: number): number {
  return stamp - aheadMs;
}

export function holdText(held: HeldPartition, aheadMs: number): string {
  const { partition, offset, stamp } = held;
  return (
    `Partition ${partition} is held before offset ${offset}: the broker stamped it ${timeText(stamp)}, more than ` +
    `${aheadMs / 1_000} s ahead of this machine's clock. It goes on by itself at ` +
    `${timeText(resumesAt(held, aheadMs))}. If the broker's clock was wrong, put it right, then correct the stamps: ` +
    remedyOf(held)
  );
}

/** The command to begin with. */
export function remedyOf({ partition }: Pick<HeldPartition, 'partition'>): string {
  return `sightline topic correct-stamps --partition ${partition} --dry-run`;
}

/** A stamp may be anything that Kafka takes, and a date ends with the year 275760. */
const timeText = (t: number): string => (Math.abs(t) <= 8.64e15 ? new Date(t).toISOString() : `${t} ms since 1970`);
