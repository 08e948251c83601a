/**
 * Cells of one count row, found by their name without building a text for it.
 *
 * count-rows.ts keeps what is known in such tables, count-writes.ts what a batch touches. A detection looks up eight cells, so a
 * joined key costs more than all the rest of counting: the level and minute make a small number here, and the subject's own text
 * is the second key.
 */
import type { CellName, CountCell, Level } from '../core/domain/counts.ts';

export interface CellTable<Cell extends CountCell> {
  readonly shelves: Map<number, Map<string, Cell>>;
  size: number;
}

export function cellTable<Cell extends CountCell>(): CellTable<Cell> {
  return { shelves: new Map(), size: 0 };
}

export function cellIn<Cell extends CountCell>(table: CellTable<Cell>, name: CellName): Cell | undefined {
  return table.shelves.get(shelfOf(name))?.get(name.subject);
}

/** Adds a cell that is not in the table. */
export function addCell<Cell extends CountCell>(table: CellTable<Cell>, cell: Cell): void {
  const number = shelfOf(cell);
  let shelf = table.shelves.get(number);
  if (!shelf) table.shelves.set(number, (shelf = new Map<string, Cell>()));
  shelf.set(cell.subject, cell);
  table.size++;
}

const FIRST_SHELF: Readonly<Record<Level, number>> = { minute_item: 0, minute_place: 64, minute: 128, hour_item: 192, hour_place: 256 };

function shelfOf({ level, minute }: CellName): number {
  return FIRST_SHELF[level] + minute;
}
