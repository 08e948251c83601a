/** Everything in the speed view, read in one piece and at once, as no client of the real one could. */
import type { CountCell, CountRowName } from '../../core/domain/counts.ts';
import { decodeCount, decodeListQualifier, decodeSpeedRow, LIST_FAMILY } from '../../core/layout/hbase.ts';
import { NAMESPACE } from './worker.ts';
import type { World } from './worker.ts';

export interface SpeedRow extends CountRowName {
  readonly partition: number;
  readonly cells: CountCell[];
  readonly listed: { id: string; detectedAt: number }[];
}

export async function speedRows({ hbase }: World): Promise<SpeedRow[]> {
  const everything = { start: Buffer.alloc(0), stop: Buffer.alloc(0) };
  const rows: SpeedRow[] = [];
  for await (const batch of hbase.client().scan(`${NAMESPACE}:speed_view`, everything)) {
    for (const cells of batch) {
      const name = decodeSpeedRow(cells[0]!.row);
      rows.push({
        ...name,
        cells: cells.filter(({ family }) => family !== LIST_FAMILY).map(decodeCount),
        listed: cells.filter(({ family }) => family === LIST_FAMILY).map(({ qualifier }) => decodeListQualifier(name.hour, qualifier)),
      });
    }
  }
  return rows;
}
