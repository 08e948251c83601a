/**
 * The table `batch_view`: counts of the epochs that the batch layer has published, all partitions together (laws L5 and L9).
 *
 * A batch run writes the cells of its epoch from the published files, as absolute numbers whose timestamp is the epoch's
 * number, so that running again writes the same bytes; serving reads only epochs up to the horizon, so a half-written epoch is
 * never seen.
 */
import type { CountCell, CountRowName, Level, Scope } from '../domain/counts.ts';
import type { Epoch } from '../domain/epoch.ts';
import type { Oid } from '../domain/oid.ts';
import type { CountRow, Hours, ListBounds, ListedDetection, Minutes, PlacedDetection } from './count-view.ts';
import type { Cell, HBaseClient } from './hbase/types.ts';
import { batchRanges, batchRow, decodeBatchRow, encodeCount, LIST_FAMILY, listQualifier } from '../layout/hbase.ts';
import { countsOf, familiesOf, listColumns, listedOf, minuteColumns, scanRanges } from './count-view.ts';
import { putRows } from './hbase-rows.ts';

export interface BatchRowWrite {
  readonly name: CountRowName;
  readonly cells: readonly CountCell[];
  readonly listed: readonly ListedDetection[];
}

export interface BatchView {
  /** Writes every row or throws a Retryable. */
  put(writes: readonly BatchRowWrite[]): Promise<void>;
  /** Rows of a scope over hours, of every epoch up to and including the horizon. `minutes` as in the speed view. */
  read(scope: Scope, horizon: Epoch, hours: Hours, levels: readonly Level[], minutes?: Minutes): Promise<CountRow[]>;
  /** The lists of detections of places over hours up to the horizon; not sorted; whole hours unless bounded. */
  list(locations: readonly Oid[], horizon: Epoch, hours: Hours, bounds?: ListBounds): Promise<PlacedDetection[]>;
}

export function batchView(hbase: HBaseClient, namespace: string, rules: { generation: number }): BatchView {
  const table = `${namespace}:batch_view`;
  const { generation } = rules;
  return {
    put: (writes) =>
      putRows(
        hbase,
        table,
        writes.map(({ name, cells, listed }) => ({
          row: batchRow(generation, name),
          cells: [...cells.map(encodeCount), ...listed.map((entry) => listCell(name.epoch, entry))],
        })),
      ),
    async read(scope, horizon, hours, levels, minutes) {
      const rows: CountRow[] = [];
      const ranges = batchRanges(generation, scope, hours);
      const options = { families: familiesOf(levels), ...minuteColumns(minutes) };
      await scanRanges(hbase, table, ranges, options, (batch) => {
        for (const cells of batch) {
          const { epoch, scope: of, hour } = decodeBatchRow(cells[0]!.row);
          if (epoch <= horizon) rows.push({ epoch, scope: of, hour, partition: -1, cells: countsOf(cells) });
        }
      });
      return rows;
    },
    async list(locations, horizon, hours, bounds) {
      const listed: PlacedDetection[] = [];
      const ranges = locations.flatMap((location) => batchRanges(generation, location, hours));
      const options = { families: [LIST_FAMILY], ...listColumns(bounds) };
      await scanRanges(hbase, table, ranges, options, (batch: Cell[][]) => {
        for (const cells of batch) {
          const row = decodeBatchRow(cells[0]!.row);
          if (row.epoch <= horizon) for (const entry of listedOf(row, cells)) listed.push(entry);
        }
      });
      return listed;
    },
  };
}

function listCell(epoch: Epoch, entry: ListedDetection): { family: string; qualifier: Buffer; timestamp: number; value: Buffer } {
  return { family: LIST_FAMILY, qualifier: listQualifier(entry.detectedAt, entry.id), timestamp: epoch, value: NOTHING };
}

const NOTHING = Buffer.alloc(0);
