/**
 * Rows: a very long table, rows that change places, and rows of the longest ids, in a real browser against a running
 * app (SIGHTLINE_URL).
 *
 * Method: the API's answers are changed on their way to the browser, to ten thousand places, to two items that change
 * ranks each time and to the longest ids and names.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { DetectionsAnswer, LocationsAnswer, TopItemsAnswer } from '../../serving/answers.ts';
import { screenshot, shiftsSince } from '../support/browser.ts';
import { fetched, PHONE, seeing, seriousFaults, someOfAll } from '../support/screen.ts';

const MANY = 10_000;
const ROWS = 'table.places tbody tr:not(.filler, .spacer)';
const see = seeing();

async function withManyPlaces(page: Page): Promise<void> {
  await page.route('**/api/v1/locations?*', async (route) => {
    const response = await fetched(route);
    const answer = (await response.json()) as LocationsAnswer;
    const locations = Array.from({ length: MANY }, (_, n) => ({
      geographical_location_oid: String(500_000 + n),
      geographical_location: `Far Field ${n}`,
      count: MANY - n,
    }));
    await route.fulfill({ response, json: { ...answer, locations } });
  });
}

/** Two items that change ranks with each answer, and how often the page has set a row in motion since. */
async function withRestlessItems(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(`window.moves = 0; const animate = Element.prototype.animate;
    Element.prototype.animate = function (...given) { if (this.matches('tr')) window.moves += 1; return animate.apply(this, given); };`);
  await page.route('**/api/v1/stream?*', (route) => route.abort());
  let turn = 0;
  await page.route('**/api/v1/top-items?*', async (route) => {
    const response = await fetched(route);
    const names = (turn += 1) % 2 === 0 ? ['ship', 'kite'] : ['kite', 'ship'];
    const items = names.map((item_name, n) => ({ item_rank: n + 1, item_name, count: 20 - n }));
    await route.fulfill({
      response,
      json: { ...((await response.json()) as TopItemsAnswer), distinct_items: 2, items },
    });
  });
  await page.reload();
  await page.locator('table.items', { hasText: 'kite' }).waitFor();
  return () => page.evaluate<number>('window.moves');
}

/** The newest detections of a place with ids of nineteen digits and a name of two hundred characters. */
async function withLongRows(page: Page): Promise<void> {
  await page.route('**/api/v1/stream?*', (route) => route.abort());
  await page.route('**/api/v1/detections?*', async (route) => {
    const response = await fetched(route);
    const answer = (await response.json()) as DetectionsAnswer;
    const detections = answer.detections.map((row, n) => ({
      ...row,
      detection_oid: String(9_223_372_036_854_775_807n - BigInt(n)),
      video_camera_oid: '9223372036854775807',
      ...(n % 2 === 0 ? { item_name: 'long name '.repeat(20) } : {}),
    }));
    await route.fulfill({ response, json: { ...answer, detections } });
  });
  await page.reload();
  await page.locator('.latest', { hasText: '9223372036854775807' }).waitFor();
}

describe('rows', { concurrency: false }, () => {
  test('ten thousand places scroll to the end and are searched, with few rows in the page', async () => {
    await see('/locations?window=24h', {}, async (page) => {
      await withManyPlaces(page);
      await page.locator(`table.places[aria-rowcount="${MANY + 1}"]`).waitFor();
      const rows = page.locator(ROWS);
      await rows.filter({ hasText: 'Far Field 0 ' }).waitFor();
      assert.ok((await rows.count()) < 250);
      await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
      await page.locator(`${ROWS}[aria-rowindex="${MANY + 1}"]`, { hasText: `Far Field ${MANY - 1}` }).waitFor();
      assert.ok((await rows.count()) < 250);
      assert.deepEqual(await seriousFaults(page), []);
      await page.locator('#q').fill('far field 95');
      await page.locator('.hint', { hasText: '111 of 10,000' }).waitFor();
      await rows.filter({ hasText: 'Far Field 9500 ' }).waitFor();
      await page.locator('#q').fill('#504711');
      await page.locator('.hint', { hasText: '1 of 10,000' }).waitFor();
      assert.equal(await rows.count(), 1);
      assert.match((await rows.first().textContent())!, /Far Field 4711/);
    });
  });

  test('rows that change places slide without a layout shift; with reduced motion they do not slide', async () => {
    await see('/?window=24h', { reducedMotion: 'no-preference' }, async (page) => {
      const moves = await withRestlessItems(page);
      const began = await page.evaluate<number>('document.fonts.ready.then(() => performance.now())');
      for (let left = 300; left > 0 && (await moves()) < 4; left--) await page.waitForTimeout(200);
      assert.deepEqual(await shiftsSince(page, began), []);
      assert.ok((await moves()) >= 4);
    });
    await see('/?window=24h', { reducedMotion: 'reduce' }, async (page) => {
      const moves = await withRestlessItems(page);
      const first = page.locator('table.items tbody tr').first();
      for (const name of ['kite', 'ship', 'kite']) await first.filter({ hasText: name }).waitFor();
      assert.equal(await moves(), 0);
    });
  });

  test('the longest ids and names of detections stay within every screen', async () => {
    const { place } = await someOfAll();
    const desks = [768, 1024, 1440].map((width) => ({ viewport: { width, height: 900 } }));
    for (const options of [PHONE, { ...PHONE, viewport: { width: 360, height: 740 } }, ...desks]) {
      const { width } = options.viewport!;
      await see(`/locations/${place}`, options, async (page) => {
        await withLongRows(page);
        await page.locator('.latest').scrollIntoViewIfNeeded();
        await screenshot(page, `long-rows-${width}-light`);
        const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('.latest a[href^="/detections/"]')]
          .filter((one) => one.checkVisibility() && (one.getBoundingClientRect().right > one.closest('td').getBoundingClientRect().right + 0.5 || one.scrollWidth > one.clientWidth + 1))
          .map((one) => one.textContent)`);
        assert.deepEqual(cut, [], `ids at ${width}`);
        const widths = await page.evaluate<number[]>(
          "[document.documentElement, document.querySelector('footer.view')].map((one) => one.scrollWidth)",
        );
        assert.ok(Math.max(...widths) <= width, `${widths.join(' and ')} wide on ${width}`);
      });
    }
  });
});
