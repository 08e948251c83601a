/**
 * Count cells as they are kept: one cell is one hour of one subject, minute by minute (law L4).
 *
 * A detection adds to four cells: its item at its place, its item in all places, its place among all places, and the
 * total. The speed layer raises them, the batch layer computes them again, layout/hbase.ts encodes them, and the stores
 * answer from them in the words of counts.ts. Places share rows by group, so that a round of many places needs few
 * mutations.
 */
import type { Scope } from './counts.ts';
import type { Detection } from './detection.ts';
import type { Epoch } from './epoch.ts';
import type { Oid } from './oid.ts';
import { murmur2 } from './home.ts';
import { hourOf } from './time.ts';

export const PLACE_GROUPS = 16;

/** The row of all places together, or that of a group of places: 0 … 15. */
export type Group = 'all' | number;

export interface HourRowName {
  readonly group: Group;
  /** Hours since 1970 of timestamp_detected. */
  readonly hour: number;
  readonly epoch: Epoch;
}

/** What a cell counts: the first in the rows of groups, the others in the row of all places. */
export type HourKind = 'place_item' | 'item' | 'place' | 'total';

export interface HourCellName {
  readonly kind: HourKind;
  /** '' for `item` and `total`. */
  readonly location: Oid | '';
  /** '' for `place` and `total`. */
  readonly item: string;
}

/** minute, count, minute, count, …: the minutes rise, counts are above zero. */
export type MinuteCounts = number[];

export interface HourCell extends HourCellName {
  readonly minutes: Readonly<MinuteCounts>;
  /** Speed view: the last offset included. Batch view: the epoch's number. */
  readonly upTo: number;
}

export function groupOf(location: Oid): number {
  return (murmur2(location) >>> 8) & (PLACE_GROUPS - 1);
}

/** Where the counts of a scope lie. */
export function groupOfScope(scope: Scope): Group {
  return scope === 'all' ? 'all' : groupOf(scope);
}

/** The two rows that a detection adds to. */
export function hourRowsOf(
  { location, detectedAt }: Detection,
  epoch: Epoch,
): [ofGroup: HourRowName, ofAll: HourRowName] {
  const hour = hourOf(detectedAt);
  return [
    { group: groupOf(location), hour, epoch },
    { group: 'all', hour, epoch },
  ];
}

/** Rows by epoch, hour and group. Remembers the last hour, because nearly every detection falls into it. */
export function rowsByHour<Row>(open: (name: HourRowName) => Row) {
  const hours = new Map<string, (group: HourRowName['group']) => Row>();
  const all: Row[] = [];
  let last: { epoch: Epoch; hour: number; rowOf: (group: HourRowName['group']) => Row } | null = null;
  const newHour = (epoch: Epoch, hour: number) => {
    const rows = new Map<HourRowName['group'], Row>();
    return (group: HourRowName['group']): Row => {
      let row = rows.get(group);
      if (!row) {
        rows.set(group, (row = open({ group, hour, epoch })));
        all.push(row);
      }
      return row;
    };
  };
  return {
    all,
    of(epoch: Epoch, hour: number): (group: HourRowName['group']) => Row {
      if (last?.epoch === epoch && last.hour === hour) return last.rowOf;
      const key = `${epoch}/${hour}`;
      let rowOf = hours.get(key);
      if (!rowOf) hours.set(key, (rowOf = newHour(epoch, hour)));
      last = { epoch, hour, rowOf };
      return rowOf;
    },
  };
}

/** The rows that detections add to, each once. */
export function hourRowNames(): {
  readonly all: readonly HourRowName[];
  add(detection: Detection, epoch: Epoch): void;
} {
  const names = rowsByHour((name) => name);
  return {
    all: names.all,
    add({ location, detectedAt }, epoch) {
      const ofHour = names.of(epoch, hourOf(detectedAt));
      ofHour(groupOf(location));
      ofHour('all');
    },
  };
}

/** Calls `add` once for each cell that counts this detection. */
export function eachHourCellOf(
  { location, item }: Pick<Detection, 'location' | 'item'>,
  add: (kind: HourKind, location: Oid | '', item: string) => void,
): void {
  add('place_item', location, item);
  add('item', '', item);
  add('place', location, '');
  add('total', '', '');
}

/** One text per row name: keys of a Map. */
export function hourRowKey({ group, hour, epoch }: HourRowName): string {
  return `${epoch}/${hour}/${group}`;
}

/** One text per cell name within a row. */
export function hourCellKey({ kind, location, item }: HourCellName): string {
  return `${kind}/${location}/${item}`;
}

/** Adds `count` to a minute, in place. The minute is nearly always the last one, or follows it. */
export function addToMinute(minutes: MinuteCounts, minute: number, count = 1): void {
  let at = minutes.length - 2;
  while (at >= 0 && minutes[at]! > minute) at -= 2;
  if (at >= 0 && minutes[at] === minute) minutes[at + 1]! += count;
  else minutes.splice(at + 2, 0, minute, count);
}

/** How many in the whole hour. */
export function sumOf(minutes: Readonly<MinuteCounts>): number {
  let sum = 0;
  for (let at = 1; at < minutes.length; at += 2) sum += minutes[at]!;
  return sum;
}
