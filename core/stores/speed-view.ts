/**
 * The table `speed_view`: counts of the epochs that the batch layer has not published yet (laws L4 and L5).
 *
 * Speed workers load a row once, keep it, and put absolute cells; serving reads windows; the batch layer compares an epoch and
 * prunes published ones. Nothing is incremented. A prune names the timestamp cut − 1, so that a later epoch's cell in the same
 * row could never be hidden by it.
 */
import type { CountCell, CountRowName, Level, Scope } from '../domain/counts.ts';
import type { Epoch } from '../domain/epoch.ts';
import type { Answer } from './answers.ts';
import type { CountRow, Hours, ListBounds, ListedDetection, Minutes, PlacedDetection } from './count-view.ts';
import type { Cell, HBaseClient, RowPut } from './hbase/types.ts';
import type { Oid } from '../domain/oid.ts';
import {
  decodeSpeedRow,
  encodeCount,
  FAMILY_OF_LEVEL,
  LIST_FAMILY,
  listQualifier,
  speedEpochRanges,
  speedRanges,
  speedRangesBefore,
  speedRow,
} from '../layout/hbase.ts';
import { countsOf, familiesOf, listColumns, listedOf, minuteColumns, scanRanges } from './count-view.ts';
import { deleteRows, getRows, putRows } from './hbase-rows.ts';

const COUNT_FAMILIES = Object.values(FAMILY_OF_LEVEL);

/** Cells to write into one row of one partition, atomically. */
export interface SpeedRowWrite {
  readonly name: CountRowName;
  readonly partition: number;
  readonly cells: readonly CountCell[];
  /** New detections of this place and hour, each with the offset that it was first met at. */
  readonly listed: readonly (ListedDetection & { offset: number })[];
}

export interface SpeedView {
  /** Every count cell of each row of a partition, one answer a row, in order. */
  load(names: readonly CountRowName[], partition: number): Promise<Answer<CountCell[]>[]>;
  /** Writes every row or throws a Retryable. */
  put(writes: readonly SpeedRowWrite[]): Promise<void>;
  /** Rows of a scope over hours, for the epochs given. `minutes` narrows every hour, for levels of a minute only. */
  read(
    scope: Scope,
    epochs: readonly Epoch[],
    hours: Hours,
    levels: readonly Level[],
    minutes?: Minutes,
  ): Promise<CountRow[]>;
  /** The lists of detections of places over hours, for the epochs given; not sorted; whole hours unless bounded. */
  list(locations: readonly Oid[], epochs: readonly Epoch[], hours: Hours, bounds?: ListBounds): Promise<PlacedDetection[]>;
  /** Every row of one epoch, batch by batch. */
  eachRowOf(e: Epoch, levels: readonly Level[], take: (rows: CountRow[]) => void): Promise<void>;
  /** Removes all epochs up to and including `upTo`; `cuts[partition]` is the offset at which `upTo` ends. Returns rows removed. */
  prune(upTo: Epoch, cuts: readonly number[]): Promise<number>;
}

export function speedView(
  hbase: HBaseClient,
  namespace: string,
  rules: { generation: number; partitionCount: number },
): SpeedView {
  const table = `${namespace}:speed_view`;
  const { generation, partitionCount } = rules;
  const rangesOf = (scope: Scope, epochs: readonly Epoch[], hours: Hours) =>
    epochs.flatMap((e) => speedRanges(generation, scope, e, hours, partitionCount));
  return {
    load: (names, partition) =>
      getRows(
        hbase,
        table,
        names.map((name) => ({ row: speedRow(generation, name, partition), families: COUNT_FAMILIES })),
        countsOf,
      ),
    put: (writes) => putRows(hbase, table, writes.map((write) => rowPut(generation, write))),
    async read(scope, epochs, hours, levels, minutes) {
      const rows: CountRow[] = [];
      const options = { families: familiesOf(levels), ...minuteColumns(minutes) };
      await scanRanges(hbase, table, rangesOf(scope, epochs, hours), options, (batch) => {
        for (const cells of batch) rows.push(countRow(cells));
      });
      return rows;
    },
    async list(locations, epochs, hours, bounds) {
      const listed: PlacedDetection[] = [];
      const options = { families: [LIST_FAMILY], ...listColumns(bounds) };
      const ranges = locations.flatMap((location) => rangesOf(location, epochs, hours));
      await scanRanges(hbase, table, ranges, options, (batch) => {
        for (const cells of batch) for (const entry of listedOf(decodeSpeedRow(cells[0]!.row), cells)) listed.push(entry);
      });
      return listed;
    },
    eachRowOf: (e, levels, take) =>
      scanRanges(hbase, table, speedEpochRanges(generation, e), { families: familiesOf(levels) }, (batch) =>
        take(batch.map(countRow)),
      ),
    prune: (upTo, cuts) => prune(hbase, table, generation, upTo, cuts),
  };
}

function rowPut(generation: number, write: SpeedRowWrite): RowPut {
  const cells: RowPut['cells'] = write.cells.map(encodeCount);
  for (const { detectedAt, id, offset } of write.listed) {
    cells.push({ family: LIST_FAMILY, qualifier: listQualifier(detectedAt, id), timestamp: offset, value: NOTHING });
  }
  return { row: speedRow(generation, write.name, write.partition), cells };
}

const NOTHING = Buffer.alloc(0);

function countRow(cells: Cell[]): CountRow {
  const { epoch, scope, hour, partition } = decodeSpeedRow(cells[0]!.row);
  return { epoch, scope, hour, partition, cells: countsOf(cells) };
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
  await scanRanges(hbase, table, speedRangesBefore(generation, upTo + 1), { keysOnly: true, batchRows: 1_000 }, sweep, 2);
  return removed;
}
