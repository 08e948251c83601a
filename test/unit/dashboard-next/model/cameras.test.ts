/** What the Cameras page says: since when a camera has trouble, and its hours, also in words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnalysedCamera, CameraHourAnswer } from '../../../../serving/footage-answers.ts';
import {
  countsText,
  HOUR_MS,
  hourText,
  placeOf,
  sinceOf,
  STATE_NAMES,
  stateOfHour,
  stripOf,
  stripText,
} from '../../../../dashboard-next/model/cameras.ts';
import { cameraStates } from '../../../../serving/footage-answers.ts';
import { NOON } from '../answers.ts';

const FROM = NOON - 6 * HOUR_MS;

function hour(at: number, flags: CameraHourAnswer['flags'] = [], changed: Partial<CameraHourAnswer> = {}) {
  const seen = { frames: 1_204, films: 0, faults: 0, detections: 9, brightness: 93.4, sharpness: 812.6, alike: 1 };
  return { from: FROM + at * HOUR_MS, ...seen, last_taken_at: FROM, flags, ...changed };
}

function camera(state: AnalysedCamera['state'], hours: CameraHourAnswer[]): AnalysedCamera {
  return { video_camera_oid: '7', geographical_location_oid: '17', geographical_location: 'Gate 4', state, hours };
}

describe('the state of a camera', () => {
  it('is as old as the hours in a row that have its flag', () => {
    const hours = [hour(0, ['dark']), hour(1), hour(2, ['dark']), hour(3, ['dark', 'blurred']), hour(4, ['dark'])];
    assert.deepEqual(sinceOf(camera('dark', hours), FROM), { from: FROM + 2 * HOUR_MS, isOpen: false });
    const gap = [hour(0, ['dark']), hour(1, ['dark']), hour(3, ['dark'])];
    assert.deepEqual(sinceOf(camera('dark', gap), FROM), { from: FROM + 3 * HOUR_MS, isOpen: false });
  });

  it('of a silent camera goes on through the hour under way, which is not decided yet', () => {
    const hours = [hour(3), hour(4, ['silent']), hour(5, [], { frames: 0 })];
    assert.deepEqual(sinceOf(camera('silent', hours), FROM), { from: FROM + 4 * HOUR_MS, isOpen: false });
  });

  it('may be older than the window, and a camera that is well has none', () => {
    const all = [0, 1, 2].map((at) => hour(at, ['frozen']));
    assert.deepEqual(sinceOf(camera('frozen', all), FROM), { from: FROM, isOpen: true });
    assert.equal(sinceOf(camera('well', [hour(0)]), FROM), null);
  });

  it('has the words and the order of the API', () => {
    assert.deepEqual(STATE_NAMES, [...cameraStates]);
    assert.equal(
      countsText({ states: { silent: 2, dark: 1, frozen: 0, blurred: 0, well: 12 } }),
      '2 silent, 1 dark, 12 well',
    );
    assert.equal(stateOfHour(hour(0, ['blurred', 'dark'])), 'dark');
  });
});

describe('the hours of a camera', () => {
  it('are all hours of the window, and one that is missing is not taken for well', () => {
    const strip = stripOf(camera('dark', [hour(1), hour(5, ['dark'])]), { from: FROM, to: NOON });
    assert.deepEqual(
      strip.map(({ state }) => state),
      [null, 'well', null, null, null, 'dark'],
    );
    assert.equal(stripText(strip), '6 hours: 1 dark, 1 well, 4 unknown');
  });

  it('are told in numbers', () => {
    assert.equal(hourText(hour(0)), '1,204 frames, brightness 93, sharpness 813');
    const none = { frames: 0, films: 1, faults: 1, brightness: null, sharpness: null };
    assert.equal(hourText(hour(0, ['silent'], none)), '0 frames, 1 film, 1 not readable');
  });
});

it('a camera without detections has no place, and an unknown place has no name', () => {
  assert.equal(placeOf({ ...camera('well', []), geographical_location: null }), 'Unknown place');
  assert.equal(placeOf({ ...camera('well', []), geographical_location_oid: null }), null);
});
