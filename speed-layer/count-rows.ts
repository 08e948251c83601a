/**
 * The count rows that this worker knows: loaded from HBase once, then kept in memory (law L4).
 *
 * round.ts loads the rows that a batch needs and this cache lacks, passes them to decide.ts, and applies the writes
 * after HBase has acknowledged them. The cache knows a row with all of its cells or not at all, so a cell that is not
 * in a known row does not exist. It drops a partition's rows when the group revokes the partition, because another
 * worker goes on with them, and the rows of an epoch when the partition is past it. Over the limit of cells it drops
 * the least recently used rows first. It keeps the rows that the last round used: a round needs all of its rows at
 * once, and the next round needs most of them too
 * (docs/decisions/0004-speed-layer.md#the-rows-of-the-last-round-stay-in-memory).
 */
import type { Epoch } from '../core/domain/epoch.ts';
import type { HourCell, HourRowName } from '../core/domain/hour-counts.ts';
import type { SpeedRowWrite } from '../core/stores/views/speed-view.ts';
import type { CellTable } from './cell-table.ts';
import { hourRowKey } from '../core/domain/hour-counts.ts';
import { addCell, cellIn, cellTable } from './cell-table.ts';

/** The rows of one partition. */
export interface KnownCounts {
  readonly partition: number;
  /** The row of an hourRowKey. Throws for a row that is not known: its cells would count from zero. */
  row(key: string): CellTable<HourCell>;
}

export interface CountRows {
  /** The rows that the cache lacks, each once. */
  missing(partition: number, names: Iterable<HourRowName>): HourRowName[];
  /** Adds a row as HBase has it. */
  keep(partition: number, name: HourRowName, cells: readonly HourCell[]): void;
  known(partition: number): KnownCounts;
  /** Applies writes that HBase has acknowledged. */
  apply(writes: readonly SpeedRowWrite[]): void;
  /** Drops rows of earlier epochs: arrivals never fall, so the partition counts in this epoch or later ones. */
  enter(partition: number, epoch: Epoch): void;
  /**
   * Drops what is over the limit, except rows that were used since the last trim. Called between rounds, because a
   * round relies on the rows that it loaded.
   */
  trim(): void;
  drop(partition: number): void;
  /** How many cells the cache holds; a row counts as one more. */
  cells(): number;
}

type KeptCell = { -readonly [K in keyof HourCell]: HourCell[K] };

interface Row {
  readonly partition: number;
  readonly key: string;
  readonly epoch: Epoch;
  readonly table: CellTable<KeptCell>;
  usedAt: number;
}

/** A trim drops this many cells more than the excess, so that rows which only grow do not cause a trim each round. */
const SLACK_CELLS = 2_000;

export function countRows(greatestCells: number): CountRows {
  const kept = keptRows();
  const { rowsOf } = kept;
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
      const row: Row = { partition, key: hourRowKey(name), epoch: name.epoch, table: cellTable(), usedAt: kept.round };
      for (const cell of cells) addCell(row.table, { ...cell });
      kept.add(row);
    },
    known(partition) {
      const rows = rowsOf(partition);
      return {
        partition,
        row(key) {
          const row = rows.get(key);
          if (!row)
            throw new Error(
              `count row ${key} of partition ${partition} is not loaded; load it before deciding the batch`,
            );
          kept.use(row);
          return row.table;
        },
      };
    },
    apply(writes) {
      for (const write of writes) {
        const row = rowsOf(write.partition).get(hourRowKey(write.name));
        if (row) kept.cells += applyTo(row.table, write.cells);
      }
    },
    enter(partition, epoch) {
      for (const row of rowsOf(partition).values()) if (row.epoch < epoch) kept.remove(row);
    },
    trim() {
      const target =
        kept.cells > greatestCells ? greatestCells - Math.min(SLACK_CELLS, Math.ceil(greatestCells / 5)) : Infinity;
      for (const row of kept.inOrder) {
        if (kept.cells <= target || row.usedAt === kept.round) break;
        kept.remove(row);
      }
      kept.round++;
    },
    drop(partition) {
      for (const row of rowsOf(partition).values()) kept.remove(row);
    },
    cells: () => kept.cells,
  };
}

/** The rows of all partitions, with their size and the order in which they were used. */
function keptRows() {
  const partitions = new Map<number, Map<string, Row>>();
  const inOrder = new Set<Row>();
  const rowsOf = (partition: number): Map<string, Row> => {
    let rows = partitions.get(partition);
    if (!rows) partitions.set(partition, (rows = new Map<string, Row>()));
    return rows;
  };
  const kept = {
    rowsOf,
    /** The least recently used row first. */
    inOrder: inOrder as ReadonlySet<Row>,
    cells: 0,
    round: 0,
    use(row: Row): void {
      row.usedAt = kept.round;
      inOrder.delete(row);
      inOrder.add(row);
    },
    add(row: Row): void {
      const before = rowsOf(row.partition).get(row.key);
      if (before) kept.remove(before);
      rowsOf(row.partition).set(row.key, row);
      kept.use(row);
      kept.cells += sizeOf(row);
    },
    remove(row: Row): void {
      const rows = rowsOf(row.partition);
      rows.delete(row.key);
      if (rows.size === 0) partitions.delete(row.partition);
      inOrder.delete(row);
      kept.cells -= sizeOf(row);
    },
  };
  return kept;
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
