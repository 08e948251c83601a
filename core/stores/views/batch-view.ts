/**
 * The table `batch_view`: counts of the epochs that the batch layer has published, all partitions together (laws L5 and
 * L9).
 *
 * A batch run writes the cells of its epoch from the published files, as absolute numbers whose timestamp is the
 * epoch's number, so that another run writes the same bytes. Serving reads only epochs up to the horizon, so nobody
 * sees a half-written epoch.
 */
import type { Level, Scope } from '../../domain/counts.ts';
import type { Epoch } from '../../domain/epoch.ts';
import type { HourCell, HourRowName } from '../../domain/hour-counts.ts';
import type { CountRow, HourLevel, HourRow, Hours, Minutes } from './count-view.ts';
import type { HBaseClient } from '../../hbase/types.ts';
import type { ListBounds, ListWrite, PlacedDetection } from './list-view.ts';
import { groupOfScope } from '../../domain/hour-counts.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import { batchRow, decodeBatchRow, encodeHourCell, encodeList } from '../../layout/hbase.ts';
import { batchEpochRanges, batchRanges } from '../../layout/hbase-ranges.ts';
import { hourCellsOf, leastHour, ofLevel, cellsOfLevel, rowScanner } from './count-view.ts';
import { putRows } from '../rows/hbase-rows.ts';
import { listedIn, listGroups, listOptions } from './list-view.ts';

export interface BatchRowWrite {
  readonly name: HourRowName;
  readonly cells: readonly HourCell[];
  readonly listed: readonly ListWrite[];
}

/** What a scope counted in hours, of every epoch up to and including the horizon. */
export interface BatchReading {
  readonly scope: Scope;
  readonly horizon: Epoch;
  readonly hours: Hours;
  readonly levels: readonly Level[];
  /** Narrows every hour; for the levels of a minute only. */
  readonly minutes?: Minutes | undefined;
}

/** The hour cells of a scope in hours, of the epochs after `after` (−1: of all) up to and including `upTo`. */
export interface PublishedReading {
  readonly scope: Scope;
  readonly level: HourLevel;
  readonly hours: Hours;
  readonly epochs: { readonly after: number; readonly upTo: Epoch };
}

/** The list of detections of a scope in hours, of every epoch up to and including the horizon. */
export interface BatchListReading {
  readonly scope: Scope;
  readonly horizon: Epoch;
  readonly hours: Hours;
  /** Without bounds whole hours. */
  readonly bounds?: ListBounds | undefined;
}

export interface BatchView {
  /** Writes every row or throws a Retryable. */
  put(writes: readonly BatchRowWrite[]): Promise<void>;
  read(reading: BatchReading, limits?: ReadLimits): Promise<CountRow[]>;
  published(reading: PublishedReading, limits?: ReadLimits): Promise<HourRow[]>;
  /** Not sorted. */
  list(reading: BatchListReading, limits?: ReadLimits): Promise<PlacedDetection[]>;
  /** The first hour that has a count, whether its epoch is published or only written; null if there is none. */
  firstHour(limits?: ReadLimits): Promise<number | null>;
}

/** All that a row key can hold. */
const EVERY_HOUR: Hours = { from: 0, to: 0xffff_fffe };

export function batchView(hbase: HBaseClient, namespace: string, rules: { generation: number }): BatchView {
  const table = `${namespace}:batch_view`;
  const { generation } = rules;
  const eachRow = rowScanner(hbase, table, decodeBatchRow);
  return {
    put: (writes) =>
      putRows(
        hbase,
        table,
        writes.map(({ name, cells, listed }) => ({
          row: batchRow(generation, name),
          cells: [
            ...cells.map(encodeHourCell),
            ...listed.map(({ second, first, upTo, entries }) => encodeList(second, first, upTo, entries)),
          ],
        })),
      ),
    async read({ scope, horizon, hours, levels, minutes }, limits) {
      const rows: CountRow[] = [];
      for (const level of levels) {
        const { scope: of, families, columns } = cellsOfLevel(scope, level);
        const ranges = batchRanges(generation, groupOfScope(of), hours);
        await eachRow(ranges, { families, ...columns, limits }, ({ group, epoch, hour }, cells) => {
          if (epoch > horizon) return;
          const levelCells = ofLevel(level, hourCellsOf(group, cells), minutes);
          rows.push({ scope, epoch, hour, partition: -1, cells: levelCells });
        });
      }
      return rows;
    },
    async published({ scope, level, hours, epochs }, limits) {
      const { scope: of, families, columns } = cellsOfLevel(scope, level);
      const group = groupOfScope(of);
      const ranges =
        epochs.after < 0 ? batchRanges(generation, group, hours) : batchEpochRanges(generation, group, hours, epochs);
      const rows: HourRow[] = [];
      await eachRow(ranges, { families, ...columns, limits }, ({ epoch, hour }, cells) => {
        if (epoch > epochs.after && epoch <= epochs.upTo)
          rows.push({ epoch, hour, partition: -1, cells: hourCellsOf(group, cells) });
      });
      return rows;
    },
    firstHour: (limits) =>
      leastHour(
        hbase,
        { table, ranges: batchRanges(generation, 'all', EVERY_HOUR), limits },
        (row) => decodeBatchRow(row).hour,
      ),
    async list({ scope, horizon, hours, bounds }, limits) {
      const listed: PlacedDetection[] = [];
      const ranges = listGroups(scope).flatMap((group) => batchRanges(generation, group, hours));
      await eachRow(ranges, { ...listOptions(bounds), limits }, ({ epoch, hour }, cells) => {
        if (epoch <= horizon) for (const entry of listedIn(hour, cells, scope, bounds)) listed.push(entry);
      });
      return listed;
    },
  };
}
