/**
 * The table `speed_view`: counts of the epochs that the batch layer has not published yet (laws L4 and L5).
 *
 * Speed workers load a row once, keep it, and put absolute cells, never increments. Serving reads windows; the batch
 * layer compares an epoch and prunes published ones. A prune names the timestamp cut − 1, so that it can never hide a
 * later epoch's cell in the same row.
 */
import type { Level, Scope } from '../../domain/counts.ts';
import type { Epoch } from '../../domain/epoch.ts';
import type { Group, HourCell, HourRowName } from '../../domain/hour-counts.ts';
import type { Answer } from '../rows/answers.ts';
import type { CountRow, HourLevel, HourRow, Hours, Minutes } from './count-view.ts';
import type { RowRange } from '../../layout/hbase-ranges.ts';
import type { Cell, HBaseClient, RowPut } from '../../hbase/types.ts';
import type { ListBounds, ListWrite, PlacedDetection } from './list-view.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import { groupOfScope } from '../../domain/hour-counts.ts';
import {
  COUNT_FAMILIES,
  decodeSpeedRow,
  encodeHourCell,
  encodeList,
  LIST_FAMILY,
  speedRow,
  VIEW_SALTS,
} from '../../layout/hbase.ts';
import { speedEpochRanges, speedRanges } from '../../layout/hbase-ranges.ts';
import { byPlace, hourCellsOf, leastHour, ofLevel, cellsOfLevel, rowScanner, scanRanges } from './count-view.ts';
import { deleteRows, getRows, putRows } from '../rows/hbase-rows.ts';
import { listedIn, listGroups, listOptions } from './list-view.ts';

/** Cells to write into one row of one partition, atomically. */
export interface SpeedRowWrite {
  readonly name: HourRowName;
  readonly partition: number;
  readonly cells: readonly HourCell[];
  readonly listed: readonly ListWrite[];
  /**
   * True if the round that writes is in doubt (core/domain/doubt.ts). The row keeps this mark with its cells, so
   * whoever reads a count reads its doubt. HBase loses no write that it acknowledged, so its rows have no mark.
   */
  readonly isDoubtful?: boolean;
}

/** Some hours of an epoch. */
export interface EpochHours {
  readonly epoch: Epoch;
  readonly hours: Hours;
}

/** What a scope counted in hours of the epochs given. */
export interface SpeedReading {
  readonly scope: Scope;
  readonly epochs: readonly Epoch[];
  readonly hours: Hours;
  readonly levels: readonly Level[];
  /** Narrows every hour; for the levels of a minute only. */
  readonly minutes?: Minutes | undefined;
}

/**
 * The hour cells of a scope that include a record at or after `since` of its partition (law L4: a cell's timestamp is
 * the last offset that it includes). `since` names the partitions; cells of others may come with them.
 */
export interface ChangedReading {
  readonly scope: Scope;
  readonly level: HourLevel;
  readonly spans: readonly EpochHours[];
  readonly since: ReadonlyMap<number, number>;
}

/** The list of detections of a scope in hours of the epochs given. */
export interface SpeedListReading {
  readonly scope: Scope;
  readonly epochs: readonly Epoch[];
  readonly hours: Hours;
  /** Without bounds whole hours. */
  readonly bounds?: ListBounds | undefined;
}

export interface SpeedView {
  /** Every count cell of each row of a partition, one answer a row, in order. */
  load(names: readonly HourRowName[], partition: number): Promise<Answer<HourCell[]>[]>;
  /** Writes every row or throws a Retryable. */
  put(writes: readonly SpeedRowWrite[]): Promise<void>;
  read(reading: SpeedReading, limits?: ReadLimits): Promise<CountRow[]>;
  changed(reading: ChangedReading, limits?: ReadLimits): Promise<HourRow[]>;
  /** The first hour before `before` in which an epoch has a count; null if there is none. */
  firstHour(e: Epoch, before: number, limits?: ReadLimits): Promise<number | null>;
  /** Not sorted. */
  list(reading: SpeedListReading, limits?: ReadLimits): Promise<PlacedDetection[]>;
  /** What every place counted in one epoch, batch by batch; `levels`: those of items. */
  eachPlaceOf(e: Epoch, levels: readonly Level[], take: (rows: CountRow[]) => void): Promise<void>;
  /**
   * Removes all epochs up to and including `upTo`; `cuts[partition]` is the offset at which `upTo` ends. Returns rows
   * removed.
   */
  prune(upTo: Epoch, cuts: readonly number[]): Promise<number>;
}

export function speedView(hbase: HBaseClient, namespace: string, { generation }: { generation: number }): SpeedView {
  const table = `${namespace}:speed_view`;
  return { ...rowsOfWorkers(hbase, table, generation), ...readings(hbase, table, generation) };
}

/** What the speed layer loads and puts, and what a prune removes. */
function rowsOfWorkers(
  hbase: HBaseClient,
  table: string,
  generation: number,
): Pick<SpeedView, 'load' | 'put' | 'prune'> {
  return {
    load(names, partition) {
      const families = [...COUNT_FAMILIES];
      const gets = names.map((name) => ({ row: speedRow(generation, name, partition), families }));
      return getRows(hbase, { table, gets }, (cells, index) => hourCellsOf(names[index]!.group, cells));
    },
    put: (writes) =>
      putRows(
        hbase,
        table,
        writes.map((write) => rowPut(generation, write)),
      ),
    async prune(upTo, cuts) {
      const families = [...COUNT_FAMILIES, LIST_FAMILY];
      const ranges = speedEpochRanges(generation, 0, upTo + 1);
      const options = { keysOnly: true, batchRows: 1_000 };
      let removed = 0;
      await scanRanges(hbase, { table, ranges, options, atOnce: 2 }, async (batch) => {
        const deletes = batch.map((cells) => {
          const { row } = cells[0]!;
          return { row, families, timestamp: (cuts[decodeSpeedRow(row).partition] ?? 0) - 1 };
        });
        const possible = deletes.filter(({ timestamp }) => timestamp >= 0);
        await deleteRows(hbase, table, possible);
        removed += possible.length;
      });
      return removed;
    },
  };
}

/** What serving and the batch layer read. */
function readings(
  hbase: HBaseClient,
  table: string,
  generation: number,
): Pick<SpeedView, 'read' | 'changed' | 'firstHour' | 'list' | 'eachPlaceOf'> {
  const rangesOf = (group: Group, epochs: readonly Epoch[], hours: Hours) =>
    epochs.flatMap((e) => speedRanges(generation, group, e, hours));
  const eachRow = rowScanner(hbase, table, decodeSpeedRow);
  return {
    async read({ scope, epochs, hours, levels, minutes }, limits) {
      const rows: CountRow[] = [];
      for (const level of levels) {
        const { scope: of, families, columns } = cellsOfLevel(scope, level);
        const ranges = rangesOf(groupOfScope(of), epochs, hours);
        await eachRow(ranges, { families, ...columns, limits }, ({ group, ...name }, cells) => {
          rows.push(countRow(scope, name, ofLevel(level, hourCellsOf(group, cells), minutes)));
        });
      }
      return rows;
    },
    async changed({ scope, level, spans, since }, limits) {
      const { scope: of, families, columns } = cellsOfLevel(scope, level);
      const ranges = spans.flatMap(({ epoch, hours }) => rangesOf(groupOfScope(of), [epoch], hours));
      const rows: HourRow[] = [];
      const scan = ({ from, ranges: ofSalt }: ScanSince): Promise<void> => {
        const timeRange = from > 0 ? { timeRange: { from, to: Number.MAX_SAFE_INTEGER } } : {};
        const options = { families, ...columns, ...timeRange, limits };
        return eachRow(ofSalt, options, ({ group, hour, epoch, partition }, cells) => {
          rows.push({ hour, epoch, partition, cells: hourCellsOf(group, cells) });
        });
      };
      await Promise.all(sinceBySalt(groupOfScope(of), ranges, since).map(scan));
      return rows;
    },
    async firstHour(e, before, limits) {
      if (before <= 0) return null;
      const ranges = rangesOf('all', [e], { from: 0, to: before - 1 });
      return leastHour(hbase, { table, ranges, limits }, (row) => decodeSpeedRow(row).hour);
    },
    async list({ scope, epochs, hours, bounds }, limits) {
      const listed: PlacedDetection[] = [];
      const ranges = listGroups(scope).flatMap((group) => rangesOf(group, epochs, hours));
      await eachRow(ranges, { ...listOptions(bounds), limits }, ({ hour }, cells) => {
        for (const entry of listedIn(hour, cells, scope, bounds)) listed.push(entry);
      });
      return listed;
    },
    eachPlaceOf(e, levels, take) {
      const ranges = speedEpochRanges(generation, e, e + 1);
      return scanRanges(hbase, { table, ranges, options: { families: ['i'] } }, (batch) =>
        take(batch.flatMap((cells) => placeRows(cells, levels))),
      );
    },
  };
}

interface ScanSince {
  /** The least offset that a cell must include. */
  readonly from: number;
  readonly ranges: readonly RowRange[];
}

/** A scan has one time range: it reads partitions whose rows share a salt from the least of their offsets on. */
function sinceBySalt(group: Group, ranges: readonly RowRange[], since: ReadonlyMap<number, number>): ScanSince[] {
  if (group !== 'all') return since.size === 0 ? [] : [{ from: Math.min(...since.values()), ranges }];
  const bySalt = new Map<number, number>();
  for (const [partition, offset] of since) {
    const salt = partition & (VIEW_SALTS - 1);
    bySalt.set(salt, Math.min(offset, bySalt.get(salt) ?? offset));
  }
  return [...bySalt].map(([salt, offset]) => ({
    from: offset,
    ranges: ranges.filter(({ start }) => start[0] === salt),
  }));
}

type RowOfPartition = Omit<ReturnType<typeof decodeSpeedRow>, 'group'>;

function countRow(scope: Scope, { hour, epoch, partition }: RowOfPartition, cells: CountRow['cells']): CountRow {
  return { scope, hour, epoch, partition, cells };
}

/** What each place counted in a row of a group, by the levels of items that are asked for. */
export function placeRows(cells: readonly Cell[], levels: readonly Level[]): CountRow[] {
  const { group, ...name } = decodeSpeedRow(cells[0]!.row);
  if (group === 'all') return [];
  const places = [...byPlace(hourCellsOf(group, cells))];
  return places.map(([location, counted]) =>
    countRow(
      location,
      name,
      levels.flatMap((level) => ofLevel(level, counted)),
    ),
  );
}

function rowPut(generation: number, { name, partition, cells, listed }: SpeedRowWrite): RowPut {
  const lists = listed.map(({ second, first, upTo, entries }) => encodeList(second, first, upTo, entries));
  return { row: speedRow(generation, name, partition), cells: [...cells.map(encodeHourCell), ...lists] };
}
