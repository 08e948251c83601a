/**
 * Footage in a real browser against a running app (SIGHTLINE_URL): the picture of a detection, the strip of its place
 * and the page of cameras load, move nothing, and say in words what they show.
 *
 * The test puts a picture of a detection that the app has, and an hour of its camera, into HDFS, where the app itself
 * says that HDFS is.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { oid } from '../../core/domain/oid.ts';
import { HOUR_MS } from '../../core/domain/time.ts';
import { settledFile } from '../../core/layout/footage.ts';
import { cameraHoursFile } from '../../core/layout/footage-facts.ts';
import { readConfig } from '../../core/process/config.ts';
import { writeCameraHours } from '../../core/stores/footage/camera-hours.ts';
import type { Hdfs } from '../../core/stores/hdfs/types.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import type { DetectionAnswer, LakeAnswer } from '../../serving/answers.ts';
import { screenshot, shiftsSince } from '../support/browser.ts';
import { answerOf, base, fetched, onAPhone, PHONE, seeing, seriousFaults, someOfAll } from '../support/screen.ts';

/** One pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
let detection: DetectionAnswer;
let files: Hdfs;
let path: string;
const see = seeing();

before(async () => {
  const { detection: id } = await someOfAll();
  detection = await answerOf<DetectionAnswer>(`detections/${id}`);
  const { root, webhdfs } = await answerOf<LakeAnswer>('lake');
  const SIGHTLINE_ROOT = root.slice(0, root.lastIndexOf('/'));
  files = hdfs(readConfig({ ...process.env, WEBHDFS_URL: webhdfs, SIGHTLINE_ROOT }));
  path = settledFile({
    camera: oid(detection.video_camera_oid),
    takenAtMs: detection.timestamp_detected,
    detection: oid(id),
    sha256: createHash('sha256').update(PNG).digest('hex'),
    kind: 'png',
  });
  await files.write(path, PNG);
  // The app looks every ten seconds whether there is footage.
  for (let left = 30; left > 0 && !(await hasPictures()); left--) await pause(1_000);
});
after(() => files?.remove(path));

async function hasPictures(): Promise<boolean> {
  return (await (await fetch(`${base}/detections/${detection.detection_oid}`)).text()).includes('picture-title');
}

/** The widths of the pictures that have come, in the order of the page. */
const widths = (page: Page): Promise<number[]> =>
  page.evaluate<number[]>(`[...document.querySelectorAll('.frame img')].map((one) => one.naturalWidth)`);

/** Waits for the first picture; the policy of the pages allows no waiting inside the page. */
async function loaded(page: Page): Promise<void> {
  await page.locator('.frame img').first().waitFor();
  for (let left = 200; left > 0; left--) {
    if ((await widths(page)).some((width) => width > 0)) return;
    await pause(100);
  }
  assert.fail('no picture has come in 20 s');
}

describe('footage on pages', { concurrency: false }, () => {
  test('the page of a detection shows its picture, says what it shows, and nothing moves', async () => {
    for (const theme of ['light', 'dark'] as const) {
      await see(`/detections/${detection.detection_oid}`, { colorScheme: theme }, async (page) => {
        await loaded(page);
        assert.ok((await widths(page))[0]! > 0);
        const text = (await page.locator('.footage img').getAttribute('alt'))!;
        assert.match(text, /^.+ at .+, \d\d:\d\d:\d\d\.\d{3}$/);
        if (detection.geographical_location) assert.ok(text.includes(` at ${detection.geographical_location}, `), text);
        assert.deepEqual(await shiftsSince(page, 0), []);
        assert.deepEqual(await seriousFaults(page), []);
        await screenshot(page, `detection-picture-1440-${theme}`);
      });
    }
  });

  test('a place has a strip of the latest pictures that leads to a detection', async () => {
    await see(`/locations/${detection.geographical_location_oid}`, {}, async (page) => {
      // Of a busy place the latest detections may be of other cameras.
      await page.route('**/api/v1/detections?*', async (route) => {
        const response = await fetched(route);
        const row = { ...detection, found_in: undefined, incomplete: false };
        await route.fulfill({ response, json: { ...((await response.json()) as object), detections: [row] } });
      });
      await loaded(page);
      assert.deepEqual(await seriousFaults(page), []);
      await screenshot(page, 'place-pictures-1440-light');
      await page.locator(`.strip a[href^="/detections/${detection.detection_oid}"]`).click();
      await page.waitForURL((url) => url.pathname === `/detections/${detection.detection_oid}`);
      await loaded(page);
    });
  });

  test('pictures fit a phone', async () => {
    for (const at of [`/detections/${detection.detection_oid}`, `/locations/${detection.geographical_location_oid}`]) {
      await see(at, PHONE, async (page) => {
        await page.locator('.frame').first().waitFor();
        const { width, small } = await onAPhone(page);
        assert.ok(width <= 390, `${at} is ${width} wide`);
        assert.deepEqual(small, [], at);
        assert.deepEqual(await seriousFaults(page), []);
        await screenshot(page, `${at.split('/')[1]}-picture-390-light`);
      });
    }
  });

  test('the page of cameras says which camera is dark and since when, with its last picture and its place', async () => {
    const from = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const { video_camera_oid, geographical_location_oid } = detection;
    const seen = { frames: 1_204, films: 0, faults: 0, detections: 9, brightness: 4, sharpness: 90, alike: 3 };
    await writeCameraHours(files, {
      version: 1,
      from,
      analysed_to: from + HOUR_MS,
      cameras: [{ video_camera_oid, geographical_location_oid, ...seen, last_taken_at: from, flags: ['dark'] }],
    });
    try {
      for (const options of [{}, { ...PHONE, colorScheme: 'dark' }] as const) {
        await see('/cameras', options, async (page) => {
          await loaded(page);
          const row = page.locator('.camera', { hasText: `Camera ${video_camera_oid}` });
          assert.match(await row.innerText(), /Dark[^]+almost black, since .+ UTC[^]+1,204 frames, brightness 4/);
          assert.match((await row.locator('.frame img').getAttribute('alt'))!, /^Picture of camera .+ at .+/);
          assert.match((await row.locator('.hours').getAttribute('aria-label'))!, /^2[45] hours: 1 dark, /);
          assert.equal(await row.locator(`a[href^="/locations/${geographical_location_oid}"]`).count(), 1);
          assert.deepEqual(await shiftsSince(page, 0), []);
          assert.deepEqual(await seriousFaults(page), []);
          await screenshot(page, `cameras-picture-${'isMobile' in options ? '390-dark' : '1440-light'}`);
        });
      }
    } finally {
      await files.remove(cameraHoursFile(from));
    }
  });

  test('a detection without a picture says so quietly, in the same place', async () => {
    await see(`/detections/${detection.detection_oid}`, {}, async (page) => {
      await loaded(page);
      const box = await page.locator('.footage > .frame').boundingBox();
      await page.route('**/footage*', (route) =>
        route.fulfill({ json: { detection_oid: detection.detection_oid, footage: [], next_cursor: null } }),
      );
      await page.reload();
      await page.getByText('No picture of this detection').waitFor();
      assert.deepEqual(await page.locator('.footage > .frame').boundingBox(), box);
    });
  });

  test('a picture that is opened by itself is shown, and nothing in it can run', async () => {
    const { footage } = await answerOf<{ footage: { href: string }[] }>(
      `detections/${detection.detection_oid}/footage`,
    );
    await see(footage[0]!.href, {}, async (page) => {
      assert.ok((await page.evaluate<number>(`document.images[0].naturalWidth`)) > 0);
    });
  });
});
