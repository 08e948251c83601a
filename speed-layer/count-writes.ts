/**
 * The count cells that one batch changes, as absolute numbers, and the lists that it adds to (law L4).
 *
 * decide.ts adds each new detection in the order of offsets; round.ts writes the result as it is. A cell starts from
 * what is known of it and skips offsets that it includes already, so that a replay changes nothing. Its last offset is
 * its timestamp. The known cells never change: these are copies.
 */
import type { FirstMet } from '../core/domain/first-met.ts';
import type { HourCell, HourCellName, HourRowName, MinuteCounts } from '../core/domain/hour-counts.ts';
import type { Rules } from '../core/domain/rules.ts';
import type { ListEntry } from '../core/layout/hbase.ts';
import type { SpeedRowWrite } from '../core/stores/views/speed-view.ts';
import type { CellTable } from './cell-table.ts';
import type { KnownCounts } from './count-rows.ts';
import { epochOf } from '../core/domain/epoch.ts';
import { addToMinute, eachHourCellOf, groupOf, hourRowKey, rowsByHour } from '../core/domain/hour-counts.ts';
import { HOUR_MS, hourOf, minuteOf, SECOND_MS } from '../core/domain/time.ts';
import { addCell, cellIn, cellTable } from './cell-table.ts';

interface OpenCell extends HourCell {
  readonly minutes: MinuteCounts;
  upTo: number;
}

interface OpenList {
  readonly second: number;
  readonly first: number;
  upTo: number;
  readonly entries: ListEntry[];
}

interface OpenRow {
  readonly name: HourRowName;
  readonly known: CellTable<HourCell>;
  readonly touched: CellTable<OpenCell>;
  readonly cells: OpenCell[];
  /** Those that are not full, by second. */
  readonly openLists: Map<number, OpenList>;
  readonly lists: OpenList[];
}

export interface CountWrites {
  /** Counts a new detection. Offsets must rise from call to call. */
  add(firstMet: FirstMet): void;
  writes(): SpeedRowWrite[];
}

/** Keeps a cell of the list far below the size limit of HBase. */
const ENTRIES_PER_LIST = 2_000;

export function countWrites(known: KnownCounts, rules: Rules): CountWrites {
  const rows = rowsByHour((name): OpenRow => ({
    name,
    known: known.row(hourRowKey(name)),
    touched: cellTable(),
    cells: [],
    openLists: new Map(),
    lists: [],
  }));
  return {
    add({ detection, arrival, offset }) {
      const { id, location, detectedAt } = detection;
      // mutation: count-epoch
      const ofHour = rows.of(epochOf(arrival, rules), hourOf(detectedAt));
      const ofGroup = ofHour(groupOf(location));
      const ofAll = ofHour('all');
      const minute = minuteOf(detectedAt);
      eachHourCellOf(detection, (kind, place, item) => {
        const row = kind === 'place_item' ? ofGroup : ofAll;
        const touched = cellIn(row.touched, kind, place, item);
        if (touched) {
          addToMinute(touched.minutes, minute);
          touched.upTo = offset;
        } else openCell(row, { kind, location: place, item }, minute, offset);
      });
      addToList(ofGroup, { id, location, detectedAt }, offset);
    },
    writes: () =>
      rows.all
        .filter(({ cells, lists }) => cells.length > 0 || lists.length > 0)
        .map(({ name, cells, lists }) => ({ name, partition: known.partition, cells, listed: lists })),
  };
}

function openCell(row: OpenRow, name: HourCellName, minute: number, offset: number): void {
  const { kind, location, item } = name;
  const before = cellIn(row.known, kind, location, item);
  // mutation: cell-includes-offset
  if (before && before.upTo >= offset) return;
  const cell: OpenCell = { kind, location, item, minutes: before ? before.minutes.slice() : [], upTo: offset };
  addToMinute(cell.minutes, minute);
  addCell(row.touched, cell);
  row.cells.push(cell);
}

function addToList(row: OpenRow, entry: ListEntry, offset: number): void {
  const second = Math.floor((entry.detectedAt % HOUR_MS) / SECOND_MS);
  let open = row.openLists.get(second);
  if (!open || open.entries.length === ENTRIES_PER_LIST) {
    open = { second, first: offset, upTo: offset, entries: [] };
    row.openLists.set(second, open);
    row.lists.push(open);
  }
  open.entries.push(entry);
  open.upTo = offset;
}
