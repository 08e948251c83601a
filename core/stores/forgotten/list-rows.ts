/**
 * Which list rows of the batch view hold forgotten detections, and what their cells are without them.
 *
 * Both stores of rows keep the lists in these bytes (hbase-forgotten-rows.ts, core/stores/cassandra/forgotten-rows.ts);
 * each reads and writes them in its own way.
 */
import type { ForgottenEntry } from './forgotten-rows.ts';
import { groupOf } from '../../domain/hour-counts.ts';
import { hourOf } from '../../domain/time.ts';
import { batchRow, decodeList, encodeListValue } from '../../layout/hbase.ts';

export interface ListRow {
  readonly row: Buffer;
  readonly hour: number;
  /** The entries to take out; withoutGone knows them. */
  readonly gone: Set<string>;
}

const nameOf = ({ id, detectedAt }: Pick<ForgottenEntry, 'id' | 'detectedAt'>): string => `${id} ${detectedAt}`;

/** Each row once. */
export function listRowsOf(generation: number, entries: readonly ForgottenEntry[]): ListRow[] {
  const byRow = new Map<string, ListRow>();
  for (const entry of entries) {
    const hour = hourOf(entry.detectedAt);
    const row = batchRow(generation, { group: groupOf(entry.location), hour, epoch: entry.epoch });
    const key = row.toString('hex');
    const known = byRow.get(key) ?? { row, hour, gone: new Set<string>() };
    byRow.set(key, known);
    known.gone.add(nameOf(entry));
  }
  return [...byRow.values()];
}

/**
 * The value of a cell without what is gone, or null if nothing of it is. A cell of which nothing is left becomes empty:
 * a delete would hide what a later write puts there.
 */
export function withoutGone({ hour, gone }: ListRow, cell: { qualifier: Buffer; value: Buffer }): Buffer | null {
  const listed = decodeList(hour, cell);
  const kept = listed.filter((entry) => !gone.has(nameOf(entry)));
  return kept.length === listed.length ? null : encodeListValue(kept);
}
