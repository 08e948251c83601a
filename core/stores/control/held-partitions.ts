/**
 * Partitions whose next record readers wait for, because a broker's clock ran ahead: as the first reader recorded it
 * (law L5).
 *
 * Serving shows them; `topic grow` does not begin while there is one. A partition is free again when the speed layer
 * has passed the record, or when the stamp was settled or corrected.
 */
import type { HeldPartition } from '../../process/hold-text.ts';
import type { StampRows } from './stamp-rows.ts';
import { isAhead } from '../../domain/stamps.ts';

export interface HeldSince extends HeldPartition {
  /** By the clock of the first reader that waited. */
  readonly since: number;
}

/** `nextOffsets`: of each partition, where the speed layer's progress is. */
export async function heldPartitions(
  control: Pick<StampRows, 'stamps'>,
  logLife: number,
  nextOffsets: readonly number[],
): Promise<HeldSince[]> {
  const records = await control.stamps(
    logLife,
    nextOffsets.map((_, partition) => partition),
  );
  return records.flatMap(({ hold, ...stamps }, partition) =>
    hold && isAhead(hold, stamps) && hold.offset >= nextOffsets[partition]! ? [{ partition, ...hold }] : [],
  );
}
