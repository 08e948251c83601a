/**
 * The count rows that this worker knows: loaded from HBase once, then kept (law L4).
 *
 * round.ts loads the rows that a batch needs and does not find here, hands them to decide.ts, and applies what was written
 * after HBase acknowledged it. A row is known with all of its cells or not at all, so a cell that is not in a known row does
 * not exist. A partition's rows are dropped when it is revoked, since another worker goes on with them, and those of an epoch when the
 * partition is past it; over the limit of cells, the rows that were not used for longest go first.
 */
import type { Epoch } from '../core/domain/epoch.ts';
import type { HourCell, HourRowName } from '../core/domain/hour-counts.ts';
import type { SpeedRowWrite } from '../core/stores/speed-view.ts';
import type { CellTable } from './cell-table.ts';
import { hourRowKey } from '../core/domain/hour-counts.ts';
import { addCell, cellIn, cellTable } from './cell-table.ts';

/** The rows of one partition. */
export interface KnownCounts {
  readonly partition: number;
  /** The row of an hourRowKey. Asking for one that is not known is a bug: its cells would be taken for zero. */
  row(key: string): CellTable<HourCell>;
}

export interface CountRows {
  /** Those of the rows that are not known, each once. */
  missing(partition: number, names: Iterable<HourRowName>): HourRowName[];
  /** Takes a row as HBase has it. */
  keep(partition: number, name: HourRowName, cells: readonly HourCell[]): void;
  known(partition: number): KnownCounts;
  /** Takes what HBase acknowledged. */
  apply(writes: readonly SpeedRowWrite[]): void;
  /** The partition counts in this epoch or later ones from now on: arrivals never fall. */
  enter(partition: number, epoch: Epoch): void;
  /** Lets go of what is over the limit; to be called between rounds, since a round relies on what it loaded. */
  trim(): void;
  drop(partition: number): void;
  /** Cells that are kept; a row counts as one more. */
  cells(): number;
}

type KeptCell = { -readonly [K in keyof HourCell]: HourCell[K] };

interface Row {
  readonly epoch: Epoch;
  readonly table: CellTable<KeptCell>;
  usedAt: number;
}

export function countRows(greatestCells: number): CountRows {
  const partitions = new Map<number, Map<string, Row>>();
  let cellCount = 0;
  let round = 0;
  const rowsOf = (partition: number): Map<string, Row> => {
    let rows = partitions.get(partition);
    if (!rows) partitions.set(partition, (rows = new Map<string, Row>()));
    return rows;
  };
  return {
    missing(partition, names) {
      const rows = rowsOf(partition);
      const missing = new Map<string, HourRowName>();
      for (const name of names) {
        const key = hourRowKey(name);
        if (!rows.has(key)) missing.set(key, name);
      }
      return [...missing.values()];
    },
    keep(partition, name, cells) {
      const row: Row = { epoch: name.epoch, table: cellTable(), usedAt: round };
      for (const cell of cells) addCell(row.table, { ...cell });
      rowsOf(partition).set(hourRowKey(name), row);
      cellCount += sizeOf(row);
    },
    known(partition) {
      const rows = rowsOf(partition);
      return {
        partition,
        row(key) {
          const row = rows.get(key);
          if (!row) throw new Error(`count row ${key} of partition ${partition} was to be loaded before deciding`);
          row.usedAt = round;
          return row.table;
        },
      };
    },
    apply(writes) {
      for (const write of writes) {
        const row = rowsOf(write.partition).get(hourRowKey(write.name));
        if (row) cellCount += applyTo(row.table, write.cells);
      }
    },
    enter(partition, epoch) {
      cellCount -= letGoBefore(epoch, rowsOf(partition));
    },
    trim() {
      round++;
      if (cellCount > greatestCells) cellCount -= letGo(partitions, cellCount - Math.floor(greatestCells * 0.8));
    },
    drop(partition) {
      for (const row of partitions.get(partition)?.values() ?? []) cellCount -= sizeOf(row);
      partitions.delete(partition);
    },
    cells: () => cellCount,
  };
}

function sizeOf(row: Row): number {
  return 1 + row.table.size;
}

/** Returns how many cells the table did not have before. */
function applyTo(table: CellTable<KeptCell>, cells: readonly HourCell[]): number {
  const before = table.size;
  for (const cell of cells) {
    const kept = cellIn(table, cell.kind, cell.location, cell.item);
    if (kept) {
      kept.minutes = cell.minutes;
      kept.upTo = cell.upTo;
    } else addCell(table, { ...cell });
  }
  return table.size - before;
}

/** Removes the rows of earlier epochs; returns how many cells. */
function letGoBefore(epoch: Epoch, rows: Map<string, Row>): number {
  let gone = 0;
  for (const [key, row] of rows) {
    if (row.epoch >= epoch) continue;
    rows.delete(key);
    gone += sizeOf(row);
  }
  return gone;
}

/** Removes the rows that were not used for longest until at least so many cells are gone; returns how many. */
function letGo(partitions: ReadonlyMap<number, Map<string, Row>>, excessCells: number): number {
  const all = [...partitions.values()].flatMap((rows) => [...rows].map(([key, row]) => ({ rows, key, row })));
  all.sort((a, b) => a.row.usedAt - b.row.usedAt);
  let gone = 0;
  for (const { rows, key, row } of all) {
    if (gone >= excessCells) break;
    rows.delete(key);
    gone += sizeOf(row);
  }
  return gone;
}
