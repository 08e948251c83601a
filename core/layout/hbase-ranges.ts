/**
 * Which rows of the two views a reading needs, as ranges of their keys (hbase.ts has the grammar).
 *
 * The stores scan them. Ranges of one salt lie together in a table, so that many of them can be one scan.
 */
import type { Group, HourRowName } from '../domain/hour-counts.ts';
import { epoch } from '../domain/epoch.ts';
import { batchRow, speedRow, VIEW_SALTS } from './hbase.ts';

/** Half-open range of row keys. */
export interface RowRange {
  readonly start: Buffer;
  readonly stop: Buffer;
}

/** Rows of one group and epoch for hours, both ends included; a range a salt, since a topic may grow. */
export function speedRanges(
  generation: number,
  group: Group,
  e: HourRowName['epoch'],
  hours: { from: number; to: number },
): RowRange[] {
  const first = speedRow(generation, { group, epoch: e, hour: hours.from }, 0);
  const last = speedRow(generation, { group, epoch: e, hour: hours.to + 1 }, 0);
  if (group !== 'all') return [{ start: first, stop: last }];
  return salts(VIEW_SALTS).map((salt) => salted(salt, first, last));
}

/** Every row of the epochs from … before in the speed view: of one epoch, or the sweep of a prune. */
export function speedEpochRanges(generation: number, from: number, before: number): RowRange[] {
  const bound = (e: number): Buffer => {
    const head = Buffer.alloc(9);
    head.writeUInt32BE(generation, 1);
    head.writeUInt32BE(e, 5);
    return head;
  };
  return salts(VIEW_SALTS).map((salt) => salted(salt, bound(from), bound(before)));
}

/** Every row of a generation, in either view: both keys begin with salt and generation. */
export const generationRanges = (generation: number): RowRange[] => speedEpochRanges(generation, 0, 0xffff_ffff);

/** Rows of one group for hours, both ends included, of all epochs. */
export function batchRanges(generation: number, group: Group, hours: { from: number; to: number }): RowRange[] {
  const none = epoch(0);
  const first = batchRow(generation, { group, hour: hours.from, epoch: none });
  const last = batchRow(generation, { group, hour: hours.to + 1, epoch: none });
  if (group !== 'all') return [{ start: first, stop: last }];
  const all = salts(Math.min(VIEW_SALTS, hours.to - hours.from + 1));
  return all.map((step) => salted((hours.from + step) & (VIEW_SALTS - 1), first, last));
}

/** The same for the epochs after … upTo alone (the second included): a range an hour. */
export function batchEpochRanges(
  generation: number,
  group: Group,
  hours: { from: number; to: number },
  epochs: { after: number; upTo: number },
): RowRange[] {
  const bound = (hour: number, e: number): Buffer => batchRow(generation, { group, hour, epoch: epoch(e + 1) });
  const all = Array.from({ length: hours.to - hours.from + 1 }, (_, step) => hours.from + step);
  return all.map((hour) => ({ start: bound(hour, epochs.after), stop: bound(hour, epochs.upTo) }));
}

function salts(count: number): number[] {
  return Array.from({ length: count }, (_, salt) => salt);
}

function salted(salt: number, start: Buffer, stop: Buffer): RowRange {
  const range = { start: Buffer.from(start), stop: Buffer.from(stop) };
  range.start[0] = salt;
  range.stop[0] = salt;
  return range;
}
