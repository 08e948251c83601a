/**
 * Rules for every page beside Live, in a real browser against a running app (SIGHTLINE_URL): nothing moves, it fits a
 * phone, it has its numbers without scripts, and axe finds no serious fault.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { screenshot, shiftsSince } from '../support/browser.ts';
import { base, onAPhone, PHONE, seeing, seriousFaults, someOfAll } from '../support/screen.ts';
import type { SlowLine } from '../support/slow-line.ts';
import { slowLine } from '../support/slow-line.ts';

let paths: readonly string[];
const see = seeing();
let line: SlowLine;
const seeSlowly = seeing(() => line.base);

before(async () => {
  line = await slowLine(base);
});

after(() => line?.close());

before(async () => {
  const { place, detection, epoch } = await someOfAll();
  paths = [
    '/locations',
    `/locations/${place}`,
    `/detections/${detection}`,
    '/cameras',
    '/trust',
    '/data',
    ...(epoch ? [`/trust/${epoch}`] : []),
  ];
});

/** Of a picture. */
function nameOf(path: string): string {
  const [, first, second] = path.split('/');
  return second === undefined ? first! : `${first}-one`;
}

describe('every page', { concurrency: false }, () => {
  test('nothing moves but digits on any page', async () => {
    for (const path of paths) {
      await see(path, {}, async (page) => {
        const began = await page.evaluate<number>('document.fonts.ready.then(() => performance.now())');
        const asOf = page.locator('.asof');
        for (let left = 4; left > 0; left--) await asOf.filter({ hasNotText: (await asOf.textContent())! }).waitFor();
        assert.deepEqual(await shiftsSince(page, began), [], path);
      });
    }
  });

  test('nothing moves while a page loads over a slow line, on a phone and on a wide screen', async () => {
    for (const path of ['/', ...paths]) {
      for (const options of [PHONE, {}]) {
        await seeSlowly(path, options, async (page) => {
          await page.locator('.asof', { hasText: /\d/ }).waitFor();
          // Until it is alive: then it has painted another answer.
          await page
            .locator('.asof')
            .filter({ hasNotText: (await page.locator('.asof').textContent())! })
            .waitFor();
          assert.deepEqual(await shiftsSince(page, 0), [], `${path} ${options.viewport?.width ?? 1440}`);
        });
      }
    }
  });

  test('every page fits a phone, and its controls are large enough for a finger', async () => {
    for (const path of paths) {
      await see(path, PHONE, async (page) => {
        const { width, cut, small } = await onAPhone(page);
        assert.ok(width <= 390, `${path} is ${width} wide`);
        assert.deepEqual(cut, [], path);
        assert.deepEqual(small, [], path);
        await screenshot(page, `${nameOf(path)}-390-light`);
      });
    }
  });

  test('every page has its numbers without scripts', async () => {
    for (const path of paths) {
      await see(path, { javaScriptEnabled: false }, async (page) => {
        assert.match(await page.content(), /Live updates need JavaScript/);
        assert.match(await page.locator('main').innerText(), /\d/);
      });
    }
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`nothing serious stands in the way of anybody on any page, ${colorScheme}`, async () => {
      for (const path of paths) {
        await see(path, { colorScheme }, async (page) => {
          await page.locator('.badge:not([data-state=connecting])').waitFor();
          assert.deepEqual(await seriousFaults(page), [], path);
          if (colorScheme === 'dark') await screenshot(page, `${nameOf(path)}-1440-dark`);
        });
      }
    });
  }
});
