/** Cells of the batch view in memory, as a forgetting that takes counts reads and replaces them (batch-doubles.ts). */
import type { HourCell, HourKind } from '../../core/domain/hour-counts.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { RecountedRow } from '../../core/stores/forgotten/forgotten-rows.ts';
import type { PublishedReading } from '../../core/stores/views/batch-view.ts';
import type { HourRow } from '../../core/stores/views/count-view.ts';
import { groupOfScope, hourCellKey, hourRowKey } from '../../core/domain/hour-counts.ts';

/** `row cell minute` to count. */
type BatchCells = Map<string, number>;

export function recountIn(batchCells: BatchCells, { name, cells }: RecountedRow): void {
  for (const cell of cells) {
    const key = `${hourRowKey(name)} ${hourCellKey(cell)} `;
    for (const known of [...batchCells.keys()]) if (known.startsWith(key)) batchCells.delete(known);
  }
  for (const cell of cells)
    for (let at = 0; at < cell.minutes.length; at += 2)
      batchCells.set(`${hourRowKey(name)} ${hourCellKey(cell)} ${cell.minutes[at]}`, cell.minutes[at + 1]!);
}

/** One row of cells, for an hour of an epoch: what a recount asks for. */
export function publishedIn(batchCells: BatchCells, { scope, level, hours, epochs }: PublishedReading): HourRow[] {
  const [epoch, hour] = [epochs.upTo, hours.from];
  const kind: HourKind =
    scope !== 'all' ? 'place_item' : level === 'minute' ? 'total' : level === 'minute_place' ? 'place' : 'item';
  const row = `${hourRowKey({ group: groupOfScope(scope), hour, epoch })} `;
  const cells = new Map<string, HourCell & { minutes: number[] }>();
  for (const [key, count] of [...batchCells].sort()) {
    if (!key.startsWith(row)) continue;
    const [, cell = '', minute = ''] = /^(.*) (\d+)$/s.exec(key.slice(row.length)) ?? [];
    const [of = '', location = '', ...item] = cell.split('/');
    if (of !== kind || (scope !== 'all' && location !== scope)) continue;
    const name = { kind, location: location as Oid, item: item.join('/') };
    const known = cells.get(cell) ?? { ...name, minutes: [], upTo: epoch };
    cells.set(cell, known);
    known.minutes.push(Number(minute), count);
  }
  return [{ epoch, hour, partition: -1, cells: [...cells.values()] }];
}
