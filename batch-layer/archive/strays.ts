/**
 * Forwards the strays that the speed layer has not reached to their home partitions (law L3).
 *
 * Normally the speed layer forwards strays. While it is off or behind, a run forwards those between its progress and
 * the cut, before the manifest is written, so that no detection has to wait for the speed layer. Both may forward the
 * same stray: its copies lie in one partition, and the second one does not count. prepare.ts calls this after it has
 * waited for the speed layer, so there is seldom anything to forward.
 */
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import { parquet } from '../../core/stores/lake/duckdb.ts';
import type { Archived } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { SpeedProgress } from '../proof/speed-progress.ts';
import { recordOf } from './raw-file.ts';

/** Returns how many strays it forwarded. */
export async function forwardStrays(
  context: BatchContext,
  duck: Duck,
  archived: Archived,
  speed: SpeedProgress,
): Promise<number> {
  const unread = archived.partitions
    .filter(({ partition, cut, verdicts }) => verdicts.stray > 0 && (speed.latest(partition)?.nextOffset ?? 0) < cut)
    .map(
      ({ partition }) =>
        `(kafka_partition = ${partition} AND kafka_offset >= ${speed.latest(partition)?.nextOffset ?? 0})`,
    );
  if (unread.length === 0) return 0;
  const files = parquet(archived.files.map(({ localFile }) => localFile));
  let forwarded = 0;
  const sql = `SELECT kafka_partition, kafka_offset, stamp, key, value, headers, detection_oid, home FROM ${files}
    WHERE verdict = 'stray' AND (${unread.join(' OR ')})`;
  for await (const rows of duck.batches(sql)) {
    await context.producer.forward(
      rows.map((row) => ({ record: recordOf(row), id: String(row.detection_oid), home: Number(row.home) })),
    );
    forwarded += rows.length;
  }
  return forwarded;
}
