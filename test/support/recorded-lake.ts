/**
 * A small lake as the program wrote it on the day of recording: test/support/recorded/lake-1, with its control rows.
 *
 *   node --import tsx test/support/recorded-lake.ts    records it anew; do that only for a new version of the layout,
 *                                                      into a folder of its own, and keep the old one
 *
 * It has four published epochs, a compacting and a forgetting. `recordedWorld` puts it into a world whose log has
 * forgotten these records, so that only the files can answer.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import type { RecordedRules } from '../../core/stores/control/rules-rows.ts';
import type { World } from './batch-doubles.ts';
import { compact } from '../../batch-layer/changes/compact.ts';
import { forget } from '../../batch-layer/changes/forget.ts';
import { withLakeLock } from '../../batch-layer/lock/lake-lock.ts';
import { contextOf, worldOf } from './batch-doubles.ts';
import { HOUR_MS, publishedHours, START } from './hourly-world.ts';

const FOLDER = fileURLToPath(new URL('recorded/lake-1', import.meta.url));

interface Control {
  readonly rules: RecordedRules;
  readonly horizon: Horizon;
}

async function record(): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'sightline-record-'));
  const world = await publishedHours(work);
  await withLakeLock(contextOf(world, work), (locked, lease) =>
    compact(locked, lease, { belowBytes: 1_000_000, now: Date.now() }),
  );
  const order = { by: 'camera' as const, camera: '8', from: START, to: START + HOUR_MS / 2 };
  await withLakeLock(contextOf(world, work), (locked, lease) => forget(locked, lease, { order, ids: [] }));
  for (const [path, bytes] of world.hdfs.files) {
    await mkdir(dirname(join(FOLDER, path)), { recursive: true });
    await writeFile(join(FOLDER, path), bytes);
  }
  const control: Control = { rules: world.rules, horizon: world.horizon! };
  await writeFile(join(FOLDER, 'control.json'), `${JSON.stringify(control, null, 1)}\n`);
  await rm(work, { recursive: true });
}

export async function recordedWorld(): Promise<World> {
  const control = JSON.parse(await readFile(join(FOLDER, 'control.json'), 'utf8')) as Control;
  const world = { ...worldOf(control.rules), horizon: control.horizon };
  for (const entry of await readdir(join(FOLDER, 'lake'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    world.hdfs.files.set(relative(FOLDER, file), await readFile(file));
  }
  return world;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await record();
