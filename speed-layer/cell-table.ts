/**
 * The cells of one count row, found by their name without building a text key.
 *
 * count-rows.ts keeps known cells in such tables, count-writes.ts the cells that a batch changes. A detection looks up
 * four cells, so building a joined key would cost more than all other counting. Each place has a map of its own, with
 * its items by name.
 */
import type { HourCell, HourCellName, HourKind } from '../core/domain/hour-counts.ts';
import type { Oid } from '../core/domain/oid.ts';

export interface CellTable<Cell extends HourCell> {
  readonly shelves: Map<string, Map<string, Cell>>;
  size: number;
}

export function cellTable<Cell extends HourCell>(): CellTable<Cell> {
  return { shelves: new Map(), size: 0 };
}

export function cellIn<Cell extends HourCell>(
  table: CellTable<Cell>,
  kind: HourKind,
  location: Oid | '',
  item: string,
): Cell | undefined {
  if (kind === 'place_item') return table.shelves.get(location)?.get(item);
  return table.shelves.get(kind)?.get(kind === 'place' ? location : item);
}

/** Adds a cell that is not in the table. */
export function addCell<Cell extends HourCell>(table: CellTable<Cell>, cell: Cell): void {
  const { kind, location, item }: HourCellName = cell;
  const name = kind === 'place_item' ? location : kind;
  let shelf = table.shelves.get(name);
  if (!shelf) table.shelves.set(name, (shelf = new Map<string, Cell>()));
  shelf.set(kind === 'place' ? location : item, cell);
  table.size++;
}
