/**
 * Which flags a camera gets in an hour: dark, frozen and blurred by its frames, silent by the hours before.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS } from '../../../../core/domain/time.ts';
import { readConfig } from '../../../../core/process/config.ts';
import type { CameraHours } from '../../../../core/stores/footage/camera-hours.ts';
import { flagsOf, isSilent } from '../../../../footage/analysis/flags.ts';
import type { HourNumbers, KnownCamera } from '../../../../footage/analysis/flags.ts';
import { statesOf } from '../../../../footage/analysis/metrics.ts';
import { sumUp } from '../../../../footage/analysis/sum-up.ts';

const RULES = readConfig({ NODE_ENV: 'test' });
const HOUR = Date.parse('2024-04-01T10:00:00Z');
const WELL: HourNumbers = { frames: 40, films: 1, brightness: 100, sharpness: 300, alike: 4, detections: 9 };

test('a camera is dark, frozen or blurred under its limit, and well on it', () => {
  assert.deepEqual(flagsOf(WELL, RULES), []);
  assert.deepEqual(flagsOf({ ...WELL, brightness: 19.99 }, RULES), ['dark']);
  assert.deepEqual(flagsOf({ ...WELL, brightness: 20, sharpness: 20 }, RULES), []);
  assert.deepEqual(flagsOf({ ...WELL, sharpness: 19.99 }, RULES), ['blurred']);
  assert.deepEqual(flagsOf({ ...WELL, brightness: 5, sharpness: 1 }, RULES), ['dark']);
  assert.deepEqual(flagsOf({ ...WELL, alike: 38 }, RULES), ['frozen']);
  assert.deepEqual(flagsOf({ ...WELL, alike: 37 }, RULES), []);
});

test('a few frames prove nothing about a frozen camera, and none prove nothing at all', () => {
  assert.deepEqual(flagsOf({ ...WELL, frames: 19, alike: 19 }, RULES), []);
  assert.deepEqual(flagsOf({ ...WELL, frames: 0, alike: 0, brightness: null, sharpness: null }, RULES), []);
});

test('a camera that had footage is silent without it; one that only counts, without detections', () => {
  const films: KnownCamera = { place: null, hadFootage: true };
  const counts: KnownCamera = { place: null, hadFootage: false };
  const nothing = { ...WELL, frames: 0, films: 0, detections: 0 };
  assert.equal(isSilent(films, { ...nothing, detections: 5 }, true), true);
  assert.equal(isSilent(films, { ...nothing, films: 1 }, true), false);
  assert.equal(isSilent(counts, { ...nothing, detections: 5 }, true), false);
  assert.equal(isSilent(counts, nothing, true), true);
  assert.equal(isSilent(counts, nothing, false), false, 'the lake has no detections of the hour yet');
});

const counted = (id: string, frames = 40) => ({
  ...{ video_camera_oid: id, from: HOUR, frames, films: 0, faults: 0, brightness: 100, sharpness: 300, alike: 1 },
  last_taken_at: HOUR + 5,
});
const known = (hadFootage: boolean): KnownCamera => ({ place: '42', hadFootage });

test('silence is decided when the hour is whole, and a silent camera keeps its place', () => {
  const parts = {
    ...{ rules: RULES, counted: [counted('7')], known: new Map([['9', known(true)]]) },
    seen: [{ camera: '8', place: '5', detections: 3 }],
  };
  const flags = ({ cameras }: CameraHours) =>
    cameras.map((one) => [one.video_camera_oid, one.geographical_location_oid, one.flags]);
  assert.deepEqual(flags(sumUp(HOUR, { ...parts, analysed_to: HOUR + HOUR_MS })), [
    ['7', null, []],
    ['8', '5', []],
    ['9', '42', ['silent']],
  ]);
  assert.deepEqual(flags(sumUp(HOUR, { ...parts, analysed_to: HOUR + HOUR_MS - 1 })).at(-1), ['9', '42', []]);
});

test('the metrics count each camera once: silent since the last whole hour, or by its latest hour', () => {
  const parts = {
    rules: RULES,
    seen: [],
    known: new Map([
      ['8', known(true)],
      ['9', known(true)],
    ]),
  };
  const whole = sumUp(HOUR, { ...parts, analysed_to: HOUR + HOUR_MS, counted: [counted('7')] });
  const dark = { ...counted('7'), brightness: 1 };
  const latest = sumUp(HOUR + HOUR_MS, { ...parts, analysed_to: HOUR + HOUR_MS + 5, counted: [dark, counted('9')] });
  assert.deepEqual(statesOf(latest, whole), { silent: 1, dark: 1, frozen: 0, blurred: 0, well: 1 });
  assert.deepEqual(statesOf(null, null), { silent: 0, dark: 0, frozen: 0, blurred: 0, well: 0 });
});
