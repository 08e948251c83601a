/**
 * Strays that the speed layer has not passed: sent home by the archive (law L3).
 *
 * Normally the speed layer forwards them; while it is off or behind, a run forwards what lies between its progress and
 * the cut, before the manifest, so that no detection waits for it. Both may forward the same stray: its copies meet in
 * one partition, and the second does not count. Run after the wait for the speed layer, so that it seldom has anything
 * to do.
 */
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import { parquet } from '../../core/stores/lake/duckdb.ts';
import type { Archived } from '../model.ts';
import type { BatchContext } from '../context.ts';
import type { SpeedProgress } from '../proof/speed-progress.ts';
import { recordOf } from './raw-file.ts';

/** Returns how many were forwarded. */
export async function forwardStrays(
  context: BatchContext,
  duck: Duck,
  archive: Archived,
  speed: SpeedProgress,
): Promise<number> {
  const behind = archive.partitions
    .filter(({ partition, cut, verdicts }) => verdicts.stray > 0 && (speed.latest(partition)?.nextOffset ?? 0) < cut)
    .map(
      ({ partition }) =>
        `(kafka_partition = ${partition} AND kafka_offset >= ${speed.latest(partition)?.nextOffset ?? 0})`,
    );
  if (behind.length === 0) return 0;
  const files = parquet(archive.files.map(({ localFile }) => localFile));
  let forwarded = 0;
  const sql = `SELECT kafka_partition, kafka_offset, stamp, key, value, headers, detection_oid, home FROM ${files}
    WHERE verdict = 'stray' AND (${behind.join(' OR ')})`;
  for await (const rows of duck.batches(sql)) {
    await context.producer.forward(
      rows.map((row) => ({ record: recordOf(row), id: String(row.detection_oid), home: Number(row.home) })),
    );
    forwarded += rows.length;
  }
  return forwarded;
}
