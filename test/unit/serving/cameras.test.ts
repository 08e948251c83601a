/**
 * Which camera has which fault, over the API: from the files that an analysis left, without Spark and without the
 * right to see footage.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS } from '../../../core/domain/time.ts';
import { cameraHoursFile } from '../../../core/layout/footage-facts.ts';
import type { CameraFlag, CameraHour } from '../../../core/stores/footage/camera-hours.ts';
import { writeCameraHours } from '../../../core/stores/footage/camera-hours.ts';
import type { FootageCamerasAnswer } from '../../../serving/footage-answers.ts';
import { getFootageCameras } from '../../../serving/http/footage.ts';
import type { HdfsDouble } from '../../support/hdfs-double.ts';
import { hdfsDouble } from '../../support/hdfs-double.ts';
import { agrees } from '../../support/openapi.ts';
import { stageOf } from './serving-double.ts';
import { NOW } from './world.ts';

const THIS_HOUR = Math.floor(NOW / HOUR_MS) * HOUR_MS;

function camera(id: string, flags: CameraFlag[] = [], place: string | null = '42'): CameraHour {
  const numbers = { frames: 20, films: 1, faults: 0, detections: 30, brightness: 100, sharpness: 300, alike: 2 };
  const last_taken_at = NOW - 1_000;
  return { video_camera_oid: id, geographical_location_oid: place, ...numbers, last_taken_at, flags };
}

async function hours(hdfs: HdfsDouble, from: number, cameras: CameraHour[]): Promise<void> {
  await writeCameraHours(hdfs, { version: 1, from, analysed_to: from + HOUR_MS, cameras });
}

async function ask(hdfs: HdfsDouble, query = ''): Promise<FootageCamerasAnswer> {
  const { serving } = stageOf([], {}, hdfs);
  const response = await getFootageCameras(new Request(`http://127.0.0.1/${query}`), {}, serving);
  return (await agrees('/api/v1/footage/cameras', response)) as FootageCamerasAnswer;
}

test('the worst camera comes first, by its latest hour', async () => {
  const hdfs = hdfsDouble();
  await hours(hdfs, THIS_HOUR - HOUR_MS, [camera('7', ['dark']), camera('8'), camera('10')]);
  await hours(hdfs, THIS_HOUR, [camera('7'), camera('8', ['frozen', 'blurred']), camera('9', ['silent'], null)]);
  const answer = await ask(hdfs);
  assert.deepEqual(
    answer.cameras.map(({ video_camera_oid, state, hours: own }) => [video_camera_oid, state, own.length]),
    [
      ['9', 'silent', 1],
      ['8', 'frozen', 2],
      ['7', 'well', 2],
      ['10', 'well', 1],
    ],
  );
  assert.equal(answer.analysed_to, THIS_HOUR + HOUR_MS);
  assert.deepEqual(answer.states, { silent: 1, dark: 0, frozen: 1, blurred: 0, well: 2 });
});

test('a camera that was silent stays silent in the hour under way, until something of it comes', async () => {
  const hdfs = hdfsDouble();
  const nothing = { ...camera('7'), frames: 0, films: 0 };
  await hours(hdfs, THIS_HOUR - HOUR_MS, [{ ...nothing, flags: ['silent'] }]);
  await hours(hdfs, THIS_HOUR, [nothing]);
  assert.deepEqual((await ask(hdfs)).states, { silent: 1, dark: 0, frozen: 0, blurred: 0, well: 0 });
  const seen = hdfsDouble();
  await hours(seen, THIS_HOUR - HOUR_MS, [{ ...nothing, flags: ['silent'] }]);
  await hours(seen, THIS_HOUR, [camera('7')]);
  assert.equal((await ask(seen)).cameras[0]!.state, 'well');
});

test('a limit leaves out cameras and says how many there are', async () => {
  const hdfs = hdfsDouble();
  await hours(hdfs, THIS_HOUR, [camera('7', ['dark']), camera('8')]);
  const { cameras, total } = await ask(hdfs, '?limit=1');
  assert.deepEqual([cameras.map(({ video_camera_oid }) => video_camera_oid), total], [['7'], 2]);
  assert.deepEqual((await ask(hdfs, '?camera=8')).total, 1);
});

test('without an analysis the list is empty', async () => {
  const answer = await ask(hdfsDouble());
  assert.deepEqual([answer.analysed_to, answer.total, answer.cameras], [null, 0, []]);
});

test('a window is aligned outward to hours, and has 7 days at most', async () => {
  const hdfs = hdfsDouble();
  await hours(hdfs, THIS_HOUR - 48 * HOUR_MS, [camera('7')]);
  const { from, to, total } = await ask(hdfs, `?from=${THIS_HOUR - 48 * HOUR_MS + 5}&to=${THIS_HOUR - 47 * HOUR_MS}`);
  assert.deepEqual([from, to, total], [THIS_HOUR - 48 * HOUR_MS, THIS_HOUR - 47 * HOUR_MS, 1]);
  const { serving } = stageOf([], {}, hdfs);
  const tooLong = new Request(`http://127.0.0.1/?from=${NOW - 8 * 24 * HOUR_MS}`);
  assert.equal((await getFootageCameras(tooLong, {}, serving)).status, 400);
});

test('an hour that was written again is read again', async () => {
  const hdfs = hdfsDouble();
  const { serving } = stageOf([], {}, hdfs);
  const stateOf = async (): Promise<unknown> => {
    const response = await getFootageCameras(new Request('http://127.0.0.1/'), {}, serving);
    return ((await response.json()) as FootageCamerasAnswer).cameras[0]?.state;
  };
  await hours(hdfs, THIS_HOUR, [camera('7', ['blurred'])]);
  assert.equal(await stateOf(), 'blurred');
  await hours(hdfs, THIS_HOUR, [camera('7')]);
  assert.equal(await stateOf(), 'well');
  assert.ok(hdfs.files.has(cameraHoursFile(THIS_HOUR)));
});
