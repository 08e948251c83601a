/**
 * A count whose doubt no other row tells: a replica is up only while a doubtful count is written, and down for the
 * announcement before it and the progress after it. The replica that has both dies, and the two others form a quorum
 * before they get their hints. The mark in the row of the count must say it.
 *
 * Node 0 was away while a detection's first-met row was written, and alone decides a copy of it.
 */
import type { LogRecord } from '../../core/domain/detection.ts';
import { homeOf } from '../../core/domain/home.ts';
import { oid } from '../../core/domain/oid.ts';
import { dice } from './random.ts';
import { simulatedRing } from './ring.ts';
import { answer } from './ring-answer.ts';
import type { Scene } from './ring-scene.ts';
import { PARTITIONS, START_MS } from './ring-scene.ts';
import { startWorker } from './simulate-ring.ts';

/** Returns how many minutes of the answer were wrong; throws if one of them was not announced. */
export async function askAmidTheHole(): Promise<{ wrong: number; provisional: number }> {
  const told = { answers: 0, provisional: 0, crashes: 0, rereadings: 0 };
  const log: LogRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  const ring = simulatedRing(dice(1, 'nodes'), true);
  const only = (...up: readonly number[]): void => [0, 1, 2].forEach((node) => ring.turn(node, up.includes(node)));
  const scene = { log, ring, told, random: dice(1, 'ring'), crashes: 0 };
  const id = '7919';
  const partition = homeOf(oid(id), PARTITIONS);
  const say = (): void => void log[partition]!.push(recordOf(id, partition, log[partition]!.length));

  say();
  only(1, 2);
  await countAll({ ...scene, reached: (point) => point === 'first_met_written' && only(0, 1, 2) }, () => undefined);

  say();
  only(0, 1, 2);
  // The second worker begins while all are up, and remembers nothing.
  await countAll(
    {
      ...scene,
      reached(point) {
        if (point === 'first_met_written') only(0, 1);
        if (point === 'counts_written') only(0);
      },
    },
    () => only(0),
  );
  only(1, 2);
  return { wrong: await answer(scene), provisional: told.provisional };
}

/** A worker that begins, counts the log to its end, and is gone. */
async function countAll(scene: Scene, whenBegun: () => void): Promise<void> {
  const worker = await startWorker(scene);
  whenBegun();
  while (!worker.hasCountedAll()) await worker.round(false);
}

function recordOf(id: string, partition: number, offset: number): LogRecord {
  const text =
    `{"geographical_location_oid":1,"video_camera_oid":5,"detection_oid":${id},"item_name":"car",` +
    `"timestamp_detected":${START_MS}}`;
  return { partition, offset, stamp: START_MS, key: null, value: Buffer.from(text), headers: [] };
}
