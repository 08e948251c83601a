/** Footage on pages: whose cameras are asked, which files are shown, and what a picture shows in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedRow } from '../../../../serving/answers.ts';
import type { ListedFootage } from '../../../../serving/footage-answers.ts';
import {
  camerasOf,
  filmBefore,
  itemOf,
  newestOf,
  pictureText,
  STRIP,
} from '../../../../dashboard-next/model/footage.ts';

const file = (taken_at: number, rest: Partial<ListedFootage> = {}): ListedFootage => ({
  video_camera_oid: '7',
  taken_at,
  detection_oid: null,
  kind: 'jpg',
  bytes: 1,
  sha256: '',
  href: `/api/v1/footage/7/${taken_at}`,
  ...rest,
});
const row = (detection_oid: string, rest: Partial<ListedRow> = {}): ListedRow => ({
  detection_oid,
  geographical_location_oid: '42',
  geographical_location: 'Hall B',
  timestamp_detected: 1,
  incomplete: false,
  ...rest,
});
const answer = (...footage: ListedFootage[]) => ({ video_camera_oid: '7', from: 0, to: 9, footage, next_cursor: null });

test('the cameras of the newest rows are asked, each once and only a few', () => {
  const cameras = ['5', '6', '5', '7', '8', '9'].map((camera, index) =>
    row(String(index), { video_camera_oid: camera }),
  );
  assert.deepEqual(camerasOf([row('x'), ...cameras]), ['5', '6', '7', '8']);
});

test('of several cameras the newest files are shown', () => {
  const many = Array.from({ length: 9 }, (_, index) => file(100 + index));
  const shown = newestOf([answer(...many), answer(file(104, { video_camera_oid: '8', href: '/a' }))]);
  assert.equal(shown.length, STRIP);
  assert.deepEqual(
    shown.slice(3, 6).map(({ taken_at, href }) => [taken_at, href]),
    [
      [105, '/api/v1/footage/7/105'],
      [104, '/a'],
      [104, '/api/v1/footage/7/104'],
    ],
  );
});

test('a picture is described by its item, or by its camera where the item is not known', () => {
  const seen = { item: 'bicycle', place: 'Hall B', time: '14:32:06.412' };
  assert.equal(pictureText(file(1), seen), 'bicycle at Hall B, 14:32:06.412');
  assert.equal(
    pictureText(file(1), { ...seen, item: undefined, place: null }),
    'Picture of camera 7 at an unknown place, 14:32:06.412',
  );
  assert.match(pictureText(file(1, { kind: 'mp4' }), { ...seen, item: undefined }), /^Film of camera 7 at Hall B/);
});

test('the item of a picture comes from the rows that the page has', () => {
  const rows = [row('9', { item_name: 'car' }), row('10')];
  assert.equal(itemOf(file(1, { detection_oid: '9' }), rows), 'car');
  assert.equal(itemOf(file(1, { detection_oid: '10' }), rows), undefined);
  assert.equal(itemOf(file(1), rows), undefined);
});

test('a film of a moment began before it', () => {
  const films = [file(30, { kind: 'mp4' }), file(25), file(20, { kind: 'mp4' }), file(10, { kind: 'mp4' })];
  assert.equal(filmBefore(films, 29)?.taken_at, 20);
  assert.equal(filmBefore(films, 5), null);
});
