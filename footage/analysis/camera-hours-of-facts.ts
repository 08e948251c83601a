/**
 * Counts each camera's hours from the facts of its frames, with SQL on local copies of the files.
 *
 * sum-up.ts calls it after an analysis and after an erasure. Frames look alike if their hashes differ in a few bits
 * only; they are held against the hash that most frames of the hour have, and among those that are equally frequent the
 * least one.
 */
import { HOUR_MS } from '../../core/domain/time.ts';
import type { CameraHour } from '../../core/stores/footage/camera-hours.ts';
import type { Duck, Row } from '../../core/stores/lake/duckdb.ts';
import { parquet } from '../../core/stores/lake/duckdb.ts';

/** An hour of a camera before it is judged. */
export type CountedHour = Omit<CameraHour, 'geographical_location_oid' | 'detections' | 'flags'> & {
  /** Beginning of the hour. */
  readonly from: number;
};

const IN_HOURS = (files: readonly string[]): string => `
  SELECT *, epoch_ms(taken_at) AS taken_ms, epoch_ms(taken_at) // ${HOUR_MS} * ${HOUR_MS} AS hour
  FROM ${parquet(files)}`;

export async function countCameraHours(
  duck: Duck,
  files: readonly string[],
  frozenBits: number,
): Promise<CountedHour[]> {
  if (files.length === 0) return [];
  const rows = await duck.rows(`
    WITH facts AS (${IN_HOURS(files)}),
    hashes AS (
      SELECT video_camera_oid, hour, perceptual_hash, COUNT(*) AS frames
      FROM facts WHERE perceptual_hash IS NOT NULL GROUP BY ALL),
    frequent AS (
      SELECT video_camera_oid, hour, first(perceptual_hash ORDER BY frames DESC, perceptual_hash) AS most_frequent
      FROM hashes GROUP BY ALL),
    alike AS (
      SELECT video_camera_oid, hour, SUM(frames)::BIGINT AS alike
      FROM hashes JOIN frequent USING (video_camera_oid, hour)
      WHERE bit_count(xor(unhex(perceptual_hash)::BIT, unhex(most_frequent)::BIT)) <= ${frozenBits} GROUP BY ALL)
    SELECT video_camera_oid::VARCHAR AS camera, hour, COUNT(*) FILTER (kind <> 'mp4') AS frames,
      COUNT(*) FILTER (kind = 'mp4') AS films, COUNT(fault) AS faults, round(favg(brightness), 2) AS brightness,
      round(favg(sharpness), 2) AS sharpness, COALESCE(any_value(alike), 0) AS alike, MAX(taken_ms) AS last_taken_ms
    FROM facts LEFT JOIN alike USING (video_camera_oid, hour)
    GROUP BY video_camera_oid, hour ORDER BY hour, video_camera_oid`);
  return rows.map(countedHour);
}

function countedHour(row: Row): CountedHour {
  return {
    video_camera_oid: String(row.camera),
    from: Number(row.hour),
    frames: Number(row.frames),
    films: Number(row.films),
    faults: Number(row.faults),
    brightness: row.brightness as number | null,
    sharpness: row.sharpness as number | null,
    alike: Number(row.alike),
    last_taken_at: Number(row.last_taken_ms),
  };
}
