/**
 * The table `speed_view`: counts of the epochs that the batch layer has not published yet (laws L4 and L5).
 *
 * Speed workers load a row once, keep it, and put absolute cells; serving reads windows; the batch layer compares an
 * epoch and prunes published ones. Nothing is incremented. A prune names the timestamp cut − 1, so that a later epoch's
 * cell in the same row could never be hidden by it.
 */
import type { Level, Scope } from '../../domain/counts.ts';
import type { Epoch } from '../../domain/epoch.ts';
import type { Group, HourCell, HourRowName } from '../../domain/hour-counts.ts';
import type { Answer } from '../rows/answers.ts';
import type { CountRow, HourLevel, HourRow, Hours, LevelPlace, Minutes } from './count-view.ts';
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
import { byPlace, hourCellsOf, leastHour, ofLevel, placeOfLevel, scanRanges } from './count-view.ts';
import { deleteRows, getRows, putRows } from '../rows/hbase-rows.ts';
import { listedIn, listGroups, listOptions } from './list-view.ts';

/** Cells to write into one row of one partition, atomically. */
export interface SpeedRowWrite {
  readonly name: HourRowName;
  readonly partition: number;
  readonly cells: readonly HourCell[];
  readonly listed: readonly ListWrite[];
}

/** Some hours of an epoch. */
export interface EpochHours {
  readonly epoch: Epoch;
  readonly hours: Hours;
}

export interface SpeedView {
  /** Every count cell of each row of a partition, one answer a row, in order. */
  load(names: readonly HourRowName[], partition: number): Promise<Answer<HourCell[]>[]>;
  /** Writes every row or throws a Retryable. */
  put(writes: readonly SpeedRowWrite[]): Promise<void>;
  /** What a scope counted in hours of the epochs given. `minutes` narrows every hour, for levels of a minute only. */
  read(
    scope: Scope,
    epochs: readonly Epoch[],
    hours: Hours,
    levels: readonly Level[],
    minutes?: Minutes,
    limits?: ReadLimits,
  ): Promise<CountRow[]>;
  /**
   * The hour cells of a scope that include a record at or after `since` of its partition (law L4: a cell's timestamp is
   * the last offset that it includes), of the partitions that `since` names; others may come with them.
   */
  changed(
    scope: Scope,
    level: HourLevel,
    spans: readonly EpochHours[],
    since: ReadonlyMap<number, number>,
    limits?: ReadLimits,
  ): Promise<HourRow[]>;
  /** The least hour before `before` in which an epoch has counted anything; null if there is none. */
  firstHour(e: Epoch, before: number, limits?: ReadLimits): Promise<number | null>;
  /** The list of detections of a scope over hours, for the epochs given; not sorted; whole hours unless bounded. */
  list(
    scope: Scope,
    epochs: readonly Epoch[],
    hours: Hours,
    bounds?: ListBounds,
    limits?: ReadLimits,
  ): Promise<PlacedDetection[]>;
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
  const rangesOf = (group: Group, epochs: readonly Epoch[], hours: Hours) =>
    epochs.flatMap((e) => speedRanges(generation, group, e, hours));
  return {
    load: (names, partition) =>
      getRows(
        hbase,
        table,
        names.map((name) => ({ row: speedRow(generation, name, partition), families: [...COUNT_FAMILIES] })),
        (cells, index) => hourCellsOf(names[index]!.group, cells),
      ),
    put: (writes) =>
      putRows(
        hbase,
        table,
        writes.map((write) => rowPut(generation, write)),
      ),
    async read(scope, epochs, hours, levels, minutes, limits) {
      const rows: CountRow[] = [];
      for (const level of levels) {
        const { scope: of, families, columns } = placeOfLevel(scope, level);
        await scanRanges(
          hbase,
          table,
          rangesOf(groupOfScope(of), epochs, hours),
          { families, ...columns, limits },
          (batch) => {
            for (const cells of batch) {
              const { group, ...name } = decodeSpeedRow(cells[0]!.row);
              rows.push(countRow(scope, name, ofLevel(level, hourCellsOf(group, cells), minutes)));
            }
          },
        );
      }
      return rows;
    },
    async changed(scope, level, spans, since, limits) {
      const { scope: of, ...cellsAsked } = placeOfLevel(scope, level);
      const ranges = spans.flatMap(({ epoch, hours }) => rangesOf(groupOfScope(of), [epoch], hours));
      const scans = sinceBySalt(groupOfScope(of), ranges, since);
      return (await Promise.all(scans.map((scan) => changedRows(hbase, table, scan, cellsAsked, limits)))).flat();
    },
    async firstHour(e, before, limits) {
      if (before <= 0) return null;
      return leastHour(
        hbase,
        table,
        rangesOf('all', [e], { from: 0, to: before - 1 }),
        (row) => decodeSpeedRow(row).hour,
        limits,
      );
    },
    async list(scope, epochs, hours, bounds, limits) {
      const listed: PlacedDetection[] = [];
      const ranges = listGroups(scope).flatMap((group) => rangesOf(group, epochs, hours));
      await scanRanges(hbase, table, ranges, { ...listOptions(bounds), limits }, (batch) => {
        for (const cells of batch)
          for (const entry of listedIn(decodeSpeedRow(cells[0]!.row).hour, cells, scope, bounds)) listed.push(entry);
      });
      return listed;
    },
    eachPlaceOf: (e, levels, take) =>
      scanRanges(hbase, table, speedEpochRanges(generation, e, e + 1), { families: ['i'] }, (batch) =>
        take(batch.flatMap((cells) => placeRows(cells, levels))),
      ),
    prune: (upTo, cuts) => prune(hbase, table, generation, upTo, cuts),
  };
}

interface ScanSince {
  readonly since: number;
  readonly ranges: readonly RowRange[];
}

async function changedRows(
  hbase: HBaseClient,
  table: string,
  { since, ranges }: ScanSince,
  { families, columns }: Omit<LevelPlace, 'scope'>,
  limits: ReadLimits | undefined,
): Promise<HourRow[]> {
  const rows: HourRow[] = [];
  const timeRange = since > 0 ? { timeRange: { from: since, to: Number.MAX_SAFE_INTEGER } } : {};
  await scanRanges(hbase, table, ranges, { families, ...columns, ...timeRange, limits }, (batch) => {
    for (const cells of batch) {
      const { group, hour, epoch, partition } = decodeSpeedRow(cells[0]!.row);
      rows.push({ hour, epoch, partition, cells: hourCellsOf(group, cells) });
    }
  });
  return rows;
}

/** A scan has one time range: partitions whose rows share a salt are read from the least of their offsets on. */
function sinceBySalt(group: Group, ranges: readonly RowRange[], since: ReadonlyMap<number, number>): ScanSince[] {
  if (group !== 'all') return since.size === 0 ? [] : [{ since: Math.min(...since.values()), ranges }];
  const bySalt = new Map<number, number>();
  for (const [partition, offset] of since) {
    const salt = partition & (VIEW_SALTS - 1);
    bySalt.set(salt, Math.min(offset, bySalt.get(salt) ?? offset));
  }
  return [...bySalt].map(([salt, offset]) => ({
    since: offset,
    ranges: ranges.filter(({ start }) => start[0] === salt),
  }));
}

type RowOfPartition = Omit<ReturnType<typeof decodeSpeedRow>, 'group'>;

function countRow(scope: Scope, { hour, epoch, partition }: RowOfPartition, cells: CountRow['cells']): CountRow {
  return { scope, hour, epoch, partition, cells };
}

function placeRows(cells: readonly Cell[], levels: readonly Level[]): CountRow[] {
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

async function prune(
  hbase: HBaseClient,
  table: string,
  generation: number,
  upTo: Epoch,
  cuts: readonly number[],
): Promise<number> {
  const families = [...COUNT_FAMILIES, LIST_FAMILY];
  let removed = 0;
  const sweep = async (batch: Cell[][]): Promise<void> => {
    const deletes = batch.map((cells) => {
      const { row } = cells[0]!;
      return { row, families, timestamp: (cuts[decodeSpeedRow(row).partition] ?? 0) - 1 };
    });
    const possible = deletes.filter(({ timestamp }) => timestamp >= 0);
    await deleteRows(hbase, table, possible);
    removed += possible.length;
  };
  await scanRanges(
    hbase,
    table,
    speedEpochRanges(generation, 0, upTo + 1),
    { keysOnly: true, batchRows: 1_000 },
    sweep,
    2,
  );
  return removed;
}
