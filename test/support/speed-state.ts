/**
 * Everything that the speed layer has written into a namespace, or what it has written of one generation, as text that
 * can be compared: rows, cells with their timestamps, progress and cuts.
 *
 * Lists are compared as sets of entries: their cells are named by the first offset of a batch, and a replay in other
 * batches may name an entry twice. All other cells must be equal to the byte.
 */
import { decodeList, decodeSpeedRow, detectionFamily, LIST_FAMILY } from '../../core/layout/hbase.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Config } from '../../core/process/config.ts';
import { hbaseOf } from '../../core/stores/room/hbase-store.ts';
import type { Stores } from '../../core/stores/open.ts';

export interface SpeedState {
  readonly detections: readonly string[];
  readonly counts: readonly string[];
  readonly listed: readonly string[];
  readonly progress: readonly string[];
}

const EVERYTHING = { start: Buffer.alloc(0), stop: Buffer.alloc(0), batchRows: 2_000 };
const CONTROL_ROWS = /^(progress|cut)\/(\d+)\//;

/** `only`: the rules of a generation; undefined: of all. */
export async function speedState(
  stores: Pick<Stores, 'store'>,
  { HBASE_NAMESPACE }: Config,
  only?: Rules,
): Promise<SpeedState> {
  const hbase = hbaseOf(stores);
  const detections: string[] = [];
  const counts: string[] = [];
  const progress: string[] = [];
  const listed = new Set<string>();
  const scan = (table: string) => hbase.scan(`${HBASE_NAMESPACE}:${table}`, EVERYTHING);
  const text = ({ row, family, qualifier, timestamp, value }: ScannedCell): string =>
    [row.toString('hex'), family, qualifier.toString('hex'), timestamp, value.toString('hex')].join(' ');
  const isAsked = (generation: number): boolean => only === undefined || only.generation === generation;
  for await (const rows of scan('detections'))
    for (const cell of rows.flat())
      if (only === undefined || cell.family === detectionFamily(only)) detections.push(text(cell));
  for await (const rows of scan('speed_view')) {
    for (const cell of rows.flat().filter(({ row }) => isAsked(decodeSpeedRow(row).generation))) {
      if (cell.family !== LIST_FAMILY) counts.push(text(cell));
      else for (const entry of decodeList(0, cell)) listed.add(`${cell.row.toString('hex')} ${JSON.stringify(entry)}`);
    }
  }
  for await (const rows of scan('control'))
    for (const { row, timestamp, value } of rows.flat()) {
      const generation = CONTROL_ROWS.exec(row.toString())?.[2];
      if (generation !== undefined && isAsked(Number(generation)))
        progress.push(`${row.toString()} ${timestamp} ${value.toString()}`);
    }
  return {
    detections: detections.sort(),
    counts: counts.sort(),
    listed: [...listed].sort(),
    progress: progress.sort(),
  };
}

interface ScannedCell {
  readonly row: Buffer;
  readonly family: string;
  readonly qualifier: Buffer;
  readonly timestamp: number;
  readonly value: Buffer;
}
