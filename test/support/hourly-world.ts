/**
 * A log of four epochs of an hour over stores in memory, for tests of changes of the lake: two cameras at two places,
 * copies within and across epochs, a conflict, and detections that arrive an hour and two hours late.
 *
 * So the folder of the first hour has files of three epochs.
 */
import type { Oid } from '../../core/domain/oid.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import type { World } from './batch-doubles.ts';
import { homeOf } from '../../core/domain/home.ts';
import { publishEpochs } from '../../batch-layer/run/publish-epochs.ts';
import { append, contextOf, worldOf } from './batch-doubles.ts';

export const HOUR_MS = 3_600_000;
/** Yesterday at 10: all of it lies in one day. */
export const FIRST_HOUR = Math.floor(Date.now() / 86_400_000) * 24 - 14;
export const START = FIRST_HOUR * HOUR_MS;
export const HOURLY_RULES: RecordedRules = {
  ...{ generation: 1, logLife: 1, epochSeconds: 3_600, dedupWindowDays: 2, clockAheadDays: 1, partitionCount: 2 },
  ...{ firstEpoch: FIRST_HOUR, firstOffsets: [0, 0], topicId: 't' },
};
export const LAST_HOUR = (FIRST_HOUR + 3) as Epoch;
const DETECTIONS = 120;

export interface Sighting {
  readonly id: string;
  readonly camera: number;
  readonly location: number;
  readonly at: number;
}

/** Every detection of the world. Camera 7 is at place 1, camera 8 at place 2. */
export const SIGHTINGS: readonly Sighting[] = Array.from({ length: DETECTIONS }, (_, i) => ({
  id: String(9_007_199_254_740_990n + BigInt(i)),
  camera: i % 3 === 0 ? 8 : 7,
  location: i % 3 === 0 ? 2 : 1,
  at: START + (i % 2) * HOUR_MS + i * 20_000,
}));

export function sendSighting(world: World, { id, camera, location, at }: Sighting, stamp: number, item = 'van'): void {
  const value =
    `{"geographical_location_oid":${location},"video_camera_oid":${camera},"detection_oid":${id},` +
    `"item_name":${JSON.stringify(item)},"timestamp_detected":${at}}`;
  append(world, homeOf(id as Oid, HOURLY_RULES.partitionCount), { stamp, value });
}

export function hourlyWorld(): World {
  const world = worldOf(HOURLY_RULES);
  world.locations.push({ oid: '1' as Oid, name: 'Bridge' }, { oid: '2' as Oid, name: 'Mill' });
  const records: { stamp: number; sighting: Sighting; item?: string }[] = [];
  SIGHTINGS.forEach((sighting, i) => {
    const stamp = sighting.at + (i % 5) * 500 + (i % 4 === 0 ? HOUR_MS : i % 7 === 0 ? 2 * HOUR_MS : 0);
    records.push({ stamp, sighting });
    if (i % 6 === 0) records.push({ stamp: stamp + 1_000, sighting });
    if (i % 10 === 0) records.push({ stamp: stamp + HOUR_MS, sighting });
    if (i % 30 === 0) records.push({ stamp: stamp + 2_000, sighting, item: 'otherwise' });
  });
  records.sort((a, b) => a.stamp - b.stamp);
  for (const { stamp, sighting, item } of records) sendSighting(world, sighting, stamp, item);
  world.tickStamp = START + 4 * HOUR_MS + 1_000;
  return world;
}

/** The same with its four epochs published. */
export async function publishedHours(folder: string): Promise<World> {
  const world = hourlyWorld();
  await publishEpochs(contextOf(world, folder), { from: null, to: LAST_HOUR });
  return world;
}
