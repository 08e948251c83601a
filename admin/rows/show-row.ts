/**
 * What a row of HBase says, as JSON: its key and each cell, decoded by core/layout/hbase.ts.
 *
 * command.ts hands it the cells as the store gave them. Bytes that are not what the layout says are shown as they are,
 * with the reason: this is a tool for whoever looks for what is wrong.
 */
import type { Rules } from '../../core/domain/rules.ts';
import type { StoredCell } from '../../core/stores/room/row-store.ts';
import type { TableName } from '../../core/layout/tables.ts';
import { nameOf } from '../../core/domain/epoch.ts';
import type { HourRowName } from '../../core/domain/hour-counts.ts';
import { sumOf } from '../../core/domain/hour-counts.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { messageOf } from '../../core/process/errors.ts';
import {
  decodeBatchRow,
  decodeFirstMet,
  decodeHourCell,
  decodeList,
  decodeSpeedRow,
  LIST_FAMILY,
  oidOfRow,
} from '../../core/layout/hbase.ts';

export interface ShownRow {
  readonly table: TableName;
  /** The bytes of the key in hexadecimal digits. */
  readonly row: string;
  readonly key: unknown;
  readonly cells: readonly ShownCell[];
}

export interface ShownCell {
  /** Family and qualifier, as `i:80…`, the qualifier in hexadecimal digits. */
  readonly column: string;
  readonly timestamp: number;
  readonly value: unknown;
}

type NamingRules = Pick<Rules, 'epochSeconds'> | null;

/** `rules` name epochs; without them they are numbers. */
export function showRow(table: TableName, row: Buffer, cells: readonly StoredCell[], rules: NamingRules): ShownRow {
  return {
    table,
    row: row.toString('hex'),
    key: attempt(row, () => keyOf(table, row, rules)),
    cells: cells.map((cell) => ({
      column: `${cell.family}:${cell.qualifier.toString('hex')}`,
      timestamp: cell.timestamp,
      value: attempt(cell.value, () => valueOf(table, row, cell)),
    })),
  };
}

function attempt(bytes: Buffer, decode: () => unknown): unknown {
  try {
    return decode();
  } catch (fault) {
    return { undecoded: bytes.toString('hex'), because: messageOf(fault) };
  }
}

function keyOf(table: TableName, row: Buffer, rules: NamingRules): unknown {
  switch (table) {
    case 'control':
      return row.toString('utf8');
    case 'detections':
      return { detection_oid: oidOfRow(row) };
    case 'locations':
      return { geographical_location_oid: oidOfRow(row) };
    case 'speed_view': {
      const { generation, partition, ...name } = decodeSpeedRow(row);
      return { generation, ...hourRowOf(name, rules), partition };
    }
    case 'batch_view': {
      const { generation, ...name } = decodeBatchRow(row);
      return { generation, ...hourRowOf(name, rules) };
    }
  }
}

function hourRowOf({ epoch, hour, group }: HourRowName, rules: NamingRules): object {
  return {
    epoch: rules ? nameOf(epoch, rules) : epoch,
    hour: new Date(hour * HOUR_MS).toISOString().slice(0, 13),
    places: group === 'all' ? 'all' : `group ${group}`,
  };
}

function valueOf(table: TableName, row: Buffer, cell: StoredCell): unknown {
  if (table === 'control') return JSON.parse(cell.value.toString('utf8'));
  if (table === 'locations') return cell.value.toString('utf8');
  if (table === 'detections') {
    const { logLife, partition, offset, arrival, detection } = decodeFirstMet(oidOfRow(row), cell.value);
    return {
      log_life: logLife,
      partition,
      offset,
      arrived_at: new Date(arrival).toISOString(),
      geographical_location_oid: detection.location,
      video_camera_oid: detection.camera,
      item_name: detection.item,
      detected_at: new Date(detection.detectedAt).toISOString(),
    };
  }
  const { hour, group } = table === 'speed_view' ? decodeSpeedRow(row) : decodeBatchRow(row);
  if (cell.family === LIST_FAMILY)
    return decodeList(hour, cell).map(({ id, location, detectedAt }) => ({
      detection_oid: id,
      geographical_location_oid: location,
      detected_at: new Date(detectedAt).toISOString(),
    }));
  const { kind, location, item, minutes } = decodeHourCell(group, cell);
  const byMinute = Object.fromEntries(
    Array.from({ length: minutes.length / 2 }, (_, i) => [minutes[2 * i]!, minutes[2 * i + 1]!]),
  );
  return {
    kind,
    ...(location === '' ? {} : { geographical_location_oid: location }),
    ...(item === '' ? {} : { item_name: item }),
    count: sumOf(minutes),
    by_minute: byMinute,
  };
}
