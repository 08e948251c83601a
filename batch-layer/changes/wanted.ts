/**
 * Which detections somebody wants to have forgotten: those of a camera or a place within a time of detection, or those
 * of a list of ids.
 *
 * The command reads it from its options, and a plan keeps it (commands/forget.ts); find-forgotten.ts asks the lake with
 * it. A record of a change keeps the order without the ids.
 */
import { createHash } from 'node:crypto';
import type { Oid } from '../../core/domain/oid.ts';
import type { ForgetOrder } from '../../core/stores/lake/changes.ts';
import type { Duck } from '../../core/stores/lake/duckdb.ts';
import { CHUNK_ROWS } from '../../core/stores/lake/duckdb.ts';

export interface Wanted {
  readonly order: ForgetOrder;
  /** Of an order by ids; empty otherwise. */
  readonly ids: readonly Oid[];
  /** Counts of it go too. */
  readonly takesCounts?: boolean;
}

export function wantedIds(ids: readonly Oid[]): Wanted {
  const each = [...new Set(ids)].sort();
  const sha256 = createHash('sha256').update(each.join('\n')).digest('hex');
  return { order: { by: 'detections', count: each.length, ids_sha256: sha256 }, ids: each };
}

/** Loads the ids, which `isWanted` reads. */
export async function loadWanted(duck: Duck, { ids }: Wanted): Promise<void> {
  await duck.run('CREATE TABLE wanted (detection_oid BIGINT)');
  const appender = await duck.appender('wanted');
  for (let at = 0; at < ids.length; at += CHUNK_ROWS) {
    const some = ids.slice(at, at + CHUNK_ROWS).map((id) => BigInt(id));
    appender.append([some], some.length);
  }
  appender.close();
}

/** An SQL condition on the columns of dataset A, or on others of the same meaning. */
export function isWanted(
  order: ForgetOrder,
  { id, location, camera, time } = {
    ...{ id: 'detection_oid', location: 'geographical_location_oid' },
    ...{ camera: 'video_camera_oid', time: 'timestamp_detected' },
  },
): string {
  if (order.by === 'detections') return `${id} IN (SELECT detection_oid FROM wanted)`;
  const isWho =
    order.by === 'camera' ? `${camera} = ${BigInt(order.camera)}` : `${location} = ${BigInt(order.location)}`;
  return `${isWho} AND ${time} >= ${order.from} AND ${time} < ${order.to}`;
}

export function orderText(order: ForgetOrder): string {
  if (order.by === 'detections') return `${order.count.toLocaleString('en')} detections by id`;
  const time = (t: number): string => new Date(t).toISOString();
  const who = order.by === 'camera' ? `camera ${order.camera}` : `place ${order.location}`;
  return `detections of ${who} from ${time(order.from)} to ${time(order.to)}`;
}
