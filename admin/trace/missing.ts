/**
 * What must be there of a detection at each stage of its life, compared with what a trace has found (laws L5 and L9).
 *
 * trace.ts calls it last. A record is read by the speed layer first; then its row is there, and unless it is deferred
 * its cells in the speed view. When its epoch is published the lake and the batch view hold it, and the speed view may
 * be pruned.
 */
import type { Counting, TracedRecord, TracedRow, Trace } from './model.ts';

type Found = Pick<Trace, 'first_met' | 'records' | 'dead_letters' | 'countings'>;

/** Cells that count a detection in one view. */
const CELLS = ['place_item', 'item', 'place', 'total', 'listed'] as const;

export function missingIn(found: Found): { missing: string[]; pending: string[] } {
  const missing: string[] = [];
  const pending: string[] = [];
  for (const counting of found.countings) {
    const name = `record ${counting.kafka_partition}/${counting.kafka_offset}`;
    if (counting.stage === 'unread') {
      pending.push(`The speed layer has not come to ${name} yet.`);
      continue;
    }
    if (!rowCovers(found.first_met, counting, found.records))
      missing.push(`The table detections has no row, though the speed layer has processed ${name}.`);
    missing.push(...missingCells(counting, name), ...missingFiles(counting, name));
    if (counting.stage === 'counted')
      pending.push(
        `The epoch ${counting.epoch} of ${name} is not published; it ends at ${iso(counting.epoch_ends_at)}.`,
      );
  }
  for (const record of found.records.filter(({ verdict }) => verdict === 'dead_letter')) {
    const name = `${record.kafka_partition}/${record.kafka_offset}`;
    if (!found.dead_letters.some((letter) => letter.record === name))
      pending.push(`No dead letter that keeps record ${name} was found.`);
  }
  return { missing, pending };
}

/** A row of a later record stands for an earlier one too: it was replaced when the id came again after W. */
function rowCovers(row: TracedRow | null, counting: Counting, records: readonly TracedRecord[]): boolean {
  if (row !== null) return row.arrived_at >= counting.arrived_at || records.length === 0;
  return false;
}

function missingCells({ stage, is_deferred, cells, epoch }: Counting, name: string): string[] {
  // The batch layer decides about a deferred one: the lake may have had it already.
  if (is_deferred) return [];
  const view = stage === 'published' ? 'batch' : 'speed';
  const lacking = CELLS.filter((kind) => !cells.some((one) => one.view === view && one.cell === kind && one.count > 0));
  if (lacking.length === 0) return [];
  return [`The ${view} view does not count ${name} in epoch ${epoch}: no cell of ${lacking.join(', ')} in its minute.`];
}

function missingFiles({ stage, is_deferred, files, epoch }: Counting, name: string): string[] {
  if (stage !== 'published') return [];
  const tables = is_deferred ? (['raw'] as const) : (['raw', 'detections'] as const);
  return tables.flatMap((table) => {
    const some = files.filter((file) => file.table === table);
    const gone = some.filter(({ state }) => state === 'not_there');
    if (gone.length > 0)
      return gone.map(({ path }) => `The manifest of epoch ${epoch} names ${path}, which is not in HDFS.`);
    if (some.some(({ state }) => state === 'holds_it' || state === 'not_read')) return [];
    return [`No file of lake/${table} of epoch ${epoch} holds ${name}.`];
  });
}

const iso = (ms: number): string => new Date(ms).toISOString();
