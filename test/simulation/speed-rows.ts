/**
 * Everything in the speed view, read in one piece and at once, as no client of the real one could, in the words of
 * questions.
 */
import type { CountCell, Scope } from '../../core/domain/counts.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { HourCell } from '../../core/domain/hour-counts.ts';
import { decodeList, decodeSpeedRow, LIST_FAMILY } from '../../core/layout/hbase.ts';
import { hourCellsOf, ofLevel } from '../../core/stores/views/count-view.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';

export interface SpeedRow {
  readonly epoch: Epoch;
  readonly scope: Scope;
  readonly hour: number;
  readonly partition: number;
  readonly cells: CountCell[];
  readonly listed: { id: string; detectedAt: number }[];
}

export async function speedRows({ hbase, rules }: World): Promise<SpeedRow[]> {
  const everything = { start: Buffer.alloc(0), stop: Buffer.alloc(0) };
  const rows: SpeedRow[] = [];
  for await (const batch of hbase.client().scan(`${NAMESPACE}:speed_view`, everything)) {
    for (const cells of batch) {
      const { generation, group, epoch, hour, partition } = decodeSpeedRow(cells[0]!.row);
      if (generation !== rules.generation) continue;
      const row = { epoch, hour, partition };
      for (const cell of hourCellsOf(group, cells)) {
        for (const [scope, counts] of levelsOf(cell)) rows.push({ ...row, scope, cells: counts, listed: [] });
      }
      // An entry that a crash left in two cells is one entry to whoever reads the row.
      const entries = cells.filter(({ family }) => family === LIST_FAMILY).flatMap((cell) => decodeList(hour, cell));
      for (const entry of new Map(entries.map((one) => [one.id, one])).values()) {
        rows.push({ ...row, scope: entry.location, cells: [], listed: [entry] });
      }
    }
  }
  return rows;
}

function levelsOf(cell: HourCell): [Scope, CountCell[]][] {
  const of = (...levels: Parameters<typeof ofLevel>[0][]): CountCell[] =>
    levels.flatMap((level) => ofLevel(level, [cell]));
  if (cell.kind === 'place_item') return [[cell.location as Scope, of('minute_item', 'hour_item')]];
  if (cell.kind === 'item') return [['all', of('minute_item', 'hour_item')]];
  if (cell.kind === 'total') return [['all', of('minute')]];
  return [
    ['all', of('minute_place', 'hour_place')],
    [cell.location as Scope, of('minute')],
  ];
}
