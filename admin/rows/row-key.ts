/**
 * The bytes of a row's key, from what a person can type: command.ts gives it the text of the command line.
 *
 *   detections, locations   17                           an oid
 *   speed_view              2026-11-22/2026-11-22T14/17/3    epoch, hour of timestamp_detected, place or `all`, partition
 *   batch_view              2026-11-22/2026-11-22T14/all     epoch, hour of timestamp_detected, place or `all`
 *   control                 progress/1/3                 the text of the key
 *   any table               0x8000000011                 the bytes of the key
 *
 * core/layout/hbase.ts owns the bytes.
 */
import type { Epoch } from '../../core/domain/epoch.ts';
import type { HourRowName } from '../../core/domain/hour-counts.ts';
import type { Oid } from '../../core/domain/oid.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { TableName } from '../../core/layout/tables.ts';
import { epochNamed } from '../../core/domain/epoch.ts';
import { groupOfScope } from '../../core/domain/hour-counts.ts';
import { readOid } from '../../core/domain/oid.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { batchRow, saltedOid, speedRow } from '../../core/layout/hbase.ts';

type KeyRules = Pick<Rules, 'generation' | 'epochSeconds'>;

const SHAPES: Readonly<Record<TableName, string>> = {
  detections: 'a detection_oid such as 17',
  locations: 'a geographical_location_oid such as 17',
  speed_view: 'EPOCH/HOUR/PLACE/PARTITION such as 2026-11-22/2026-11-22T14/17/3, with "all" for all places',
  batch_view: 'EPOCH/HOUR/PLACE such as 2026-11-22/2026-11-22T14/17, with "all" for all places',
  control: 'the text of a key such as progress/1/3',
};

/** Throws a Refusal that says what is expected. Keys of the views need the rules: generation and length of an epoch. */
export function rowKey(table: TableName, text: string, rules: KeyRules | null): Buffer {
  const key = /^0x(?:[0-9a-fA-F]{2})+$/.test(text) ? Buffer.from(text.slice(2), 'hex') : keyIn(table, text, rules);
  if (key) return key;
  throw new Refusal(
    EXIT.usage,
    `The key is "${text}"; a row of ${table} is named by ${SHAPES[table]}, or by the bytes of its key such as ` +
      '0x8000000011',
  );
}

/** Whether the key of this text depends on the recorded rules. */
export function needsRules(table: TableName, text: string): boolean {
  return (table === 'speed_view' || table === 'batch_view') && !text.startsWith('0x');
}

function keyIn(table: TableName, text: string, rules: KeyRules | null): Buffer | null {
  if (table === 'control') return text === '' ? null : Buffer.from(text);
  if (table === 'detections' || table === 'locations') {
    const id = oidIn(text);
    return id === null ? null : saltedOid(id);
  }
  if (!rules) return null;
  const [epoch, hour, place, partition, ...more] = text.split('/');
  const name = hourRowIn(epoch, hour, place, rules);
  if (!name || more.length > 0) return null;
  if (table === 'batch_view') return partition === undefined ? batchRow(rules.generation, name) : null;
  return /^\d{1,5}$/.test(partition ?? '') ? speedRow(rules.generation, name, Number(partition)) : null;
}

function hourRowIn(
  epochName: string | undefined,
  hourText: string | undefined,
  place: string | undefined,
  rules: KeyRules,
): HourRowName | null {
  const epoch: Epoch | null = epochNamed(epochName ?? '', rules);
  const hourMs = /^\d{4}-\d{2}-\d{2}T\d{2}$/.test(hourText ?? '') ? Date.parse(`${hourText}:00:00.000Z`) : NaN;
  const scope = place === 'all' ? place : oidIn(place ?? '');
  if (epoch === null || Number.isNaN(hourMs) || hourMs < 0 || scope === null) return null;
  return { epoch, hour: hourMs / HOUR_MS, group: groupOfScope(scope) };
}

function oidIn(text: string): Oid | null {
  const reading = readOid(text);
  return reading.ok ? reading.oid : null;
}
