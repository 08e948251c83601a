/**
 * The count cells that one batch touches, as absolute numbers (law L4).
 *
 * decide.ts adds each new detection in the order of offsets; what comes out is written as it is. A cell starts from what is
 * known of it and passes over offsets that it includes already, so that a replay changes nothing; its last offset goes with it
 * as timestamp. The known cells are never changed: these are copies.
 */
import type { CellName, CountCell, CountRowName, Scope } from '../core/domain/counts.ts';
import type { FirstMet } from '../core/domain/first-met.ts';
import type { Rules } from '../core/domain/rules.ts';
import type { SpeedRowWrite } from '../core/stores/speed-view.ts';
import type { CellTable } from './cell-table.ts';
import type { KnownCounts } from './count-rows.ts';
import { eachCellOf, rowKey, rowsOf } from '../core/domain/counts.ts';
import { epochOf } from '../core/domain/epoch.ts';
import { addCell, cellIn, cellTable } from './cell-table.ts';

type OpenCell = { -readonly [K in keyof CountCell]: CountCell[K] };

interface OpenRow {
  readonly name: CountRowName;
  readonly known: CellTable<CountCell>;
  readonly touched: CellTable<OpenCell>;
  readonly cells: OpenCell[];
  readonly listed: SpeedRowWrite['listed'][number][];
}

export interface CountWrites {
  /** Counts a new detection. Offsets must rise from call to call. */
  add(met: FirstMet): void;
  done(): SpeedRowWrite[];
}

export function countWrites(known: KnownCounts, rules: Rules): CountWrites {
  const rows = new Map<string, OpenRow>();
  const open = (name: CountRowName): OpenRow => {
    const key = rowKey(name);
    let row = rows.get(key);
    if (!row) rows.set(key, (row = { name, known: known.row(key), touched: cellTable(), cells: [], listed: [] }));
    return row;
  };
  return {
    add({ detection, arrival, offset }) {
      const [placeName, allName] = rowsOf(detection, epochOf(arrival, rules));
      const place = open(placeName);
      const all = open(allName);
      place.listed.push({ id: detection.id, detectedAt: detection.detectedAt, offset });
      eachCellOf(detection, (scope: Scope, cell: CellName) => include(scope === 'all' ? all : place, cell, offset));
    },
    done: () =>
      [...rows.values()]
        .filter(({ cells, listed }) => cells.length > 0 || listed.length > 0)
        .map(({ name, cells, listed }) => ({ name, partition: known.partition, cells, listed })),
  };
}

function include(row: OpenRow, name: CellName, offset: number): void {
  const touched = cellIn(row.touched, name);
  if (touched) {
    touched.count++;
    touched.upTo = offset;
    return;
  }
  const before = cellIn(row.known, name);
  if (before && before.upTo >= offset) return;
  const { level, minute, subject } = name;
  const cell = { level, minute, subject, count: before ? before.count + 1 : 1, upTo: offset };
  addCell(row.touched, cell);
  row.cells.push(cell);
}
