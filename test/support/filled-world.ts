/**
 * A log of a few epochs over stores in memory, and what a batch layer has made of it, for tests of what survives a
 * crash.
 *
 * `filled` has copies, a conflict, strays, poison, a deferred detection and ids beyond 2^53 in three partitions;
 * `stateOf` reads the lake's files as rows and everything else as it is kept.
 */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { Oid } from '../../core/domain/oid.ts';
import type { World } from './batch-doubles.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import { homeOf } from '../../core/domain/home.ts';
import { openDuck } from '../../core/stores/lake/duckdb.ts';
import { append, worldOf } from './batch-doubles.ts';
import type { SnapshotState } from './table-state.ts';
import { tableState } from './table-state.ts';

const LENGTH_MS = 60_000;
export const FIRST = Math.floor(Date.now() / LENGTH_MS) - 10;
const START = FIRST * LENGTH_MS;
export const FILLED_RULES: RecordedRules = {
  generation: 1,
  logLife: 1,
  epochSeconds: LENGTH_MS / 1_000,
  dedupWindowDays: 2,
  clockAheadDays: 1,
  partitionCount: 3,
  firstEpoch: FIRST,
  firstOffsets: [0, 0, 0],
  topicId: 't',
};
const NAMES = ['bicycle', 'van', 'café', 'a\0b', 'x'.repeat(200)];

function json(id: number | bigint, at: number, item: string): string {
  return `{"geographical_location_oid":${Number(id) % 4},"video_camera_oid":7,"detection_oid":${id},"item_name":${JSON.stringify(item)},"timestamp_detected":${at}}`;
}

/**
 * Two epochs of records, in three partitions: copies, a conflict, strays, poison, a tick, a deferred one; ids beyond
 * 2^53.
 */
export function filled(names: readonly string[] = NAMES): World {
  const nameOf = (id: bigint): string => names[Number(id) % names.length]!;
  const world = worldOf(FILLED_RULES);
  world.locations.push({ oid: '1' as Oid, name: 'Bridge' }, { oid: '2' as Oid, name: "O'Brien's" });
  for (let i = 0; i < 60; i++) {
    const id = 9_007_199_254_740_990n + BigInt(i);
    const at = START + i * 2_000;
    const home = homeOf(String(id) as Oid, 3);
    append(world, home, { stamp: at, value: json(id, at - 500, nameOf(id)) });
    if (i % 5 === 0) append(world, home, { stamp: at, value: json(id, at - 500, nameOf(id)) });
    if (i % 17 === 0) append(world, home, { stamp: at, value: json(id, at - 500, 'otherwise') });
    if (i % 7 === 0) append(world, (home + 1) % 3, { stamp: at, value: json(id, at - 500, nameOf(id)) });
    if (i % 11 === 0) append(world, home, { stamp: at, value: 'poison' });
  }
  const late = START - 5 * 86_400_000;
  append(world, homeOf('77' as Oid, 3), { stamp: START + 130_000, value: json(77, late, nameOf(77n)) });
  world.tickStamp = START + 200_000;
  return world;
}

export interface State {
  readonly rows: string[];
  readonly raw: string[];
  readonly cells: [string, number][];
  readonly listed: string[];
  readonly horizon: unknown;
  /** Without those of the table's metadata, whose names are new with each try. */
  readonly files: string[];
  readonly table: readonly SnapshotState[];
}

export async function stateOf(world: World): Promise<State> {
  const names = [...world.hdfs.files.keys()];
  const rows = await rowsIn(
    world,
    names.filter((name) => name.startsWith('lake/detections/')),
    'SELECT detection_oid, item_name, geographical_location FROM',
  );
  const raw = await rowsIn(
    world,
    names.filter((name) => name.startsWith('lake/raw/')),
    'SELECT kafka_partition, kafka_offset, verdict FROM',
  );
  const { epoch, cuts, arrivals } = world.horizon!;
  return {
    rows,
    raw,
    cells: [...world.batchCells].sort(),
    listed: [...world.listed].sort(),
    horizon: { epoch, cuts, arrivals },
    files: names.filter((name) => !name.includes('/_attempts/') && !name.includes('/_tables/')).sort(),
    table: await tableState(world.hdfs),
  };
}

async function rowsIn(world: World, names: readonly string[], select: string): Promise<string[]> {
  const duck = await openDuck({
    memoryMb: 128,
    threads: 1,
    spillFolder: join(tmpdir(), `sightline-spill-${randomUUID()}`),
  });
  try {
    const found: string[] = [];
    for (const name of names) {
      const localFile = join(tmpdir(), `sightline-read-${randomUUID()}.parquet`);
      await world.hdfs.download(name, localFile);
      for (const row of await duck.rows(`${select} '${localFile}'`))
        found.push(Object.values(row).map(String).join(' | '));
      await rm(localFile);
    }
    return found.sort();
  } finally {
    duck.close();
  }
}
