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
import type { KnownCounts } from './count-rows.ts';
import { cellKey, eachCellOf, rowKey, rowsOf } from '../core/domain/counts.ts';
import { epochOf } from '../core/domain/epoch.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface OpenRow {
  readonly name: CountRowName;
  readonly known: ReadonlyMap<string, CountCell>;
  readonly cells: Map<string, Mutable<CountCell>>;
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
    if (!row) rows.set(key, (row = { name, known: known.row(key), cells: new Map(), listed: [] }));
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
        .filter(({ cells, listed }) => cells.size > 0 || listed.length > 0)
        .map(({ name, cells, listed }) => ({ name, partition: known.partition, cells: [...cells.values()], listed })),
  };
}

function include(row: OpenRow, cell: CellName, offset: number): void {
  const key = cellKey(cell);
  const touched = row.cells.get(key);
  if (touched) {
    touched.count++;
    touched.upTo = offset;
    return;
  }
  const before = row.known.get(key);
  if (before && before.upTo >= offset) return;
  row.cells.set(key, { ...cell, count: (before?.count ?? 0) + 1, upTo: offset });
}
