/**
 * The Live page in a real browser against a running app (SIGHTLINE_URL) with any data.
 *
 * Method: the numbers on the screen are compared with those of the API for the same bounds. Detections keep arriving,
 * so the API is asked before and after, and the screen must lie between the two. Pictures are kept in test-output/.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page, Route } from 'playwright-core';
import type { LocationsAnswer } from '../../serving/answers.ts';
import { TopItemsAnswer } from '../../serving/answers.ts';
import { screenshot, shiftsSince, slowDown } from '../support/browser.ts';
import { answerOf, base, digits, fetched, PHONE, seeing, seriousFaults, withNothing } from '../support/screen.ts';

const MINUTE_MS = 60_000;
const see = seeing();

/** The last half hour but for its newest minute, as both the page and the API take it. */
function quietRange(): { from: number; to: number } {
  const to = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
  return { from: to - 30 * MINUTE_MS, to };
}

async function ask(range: { from: number; to: number }): Promise<TopItemsAnswer> {
  const response = await fetch(`${base}/api/v1/top-items?from=${range.from}&to=${range.to}&parts=true`);
  assert.equal(response.status, 200);
  return TopItemsAnswer.parse(await response.json());
}

/** Waits until the page has shown `n` further answers, under a notice too. */
async function paints(page: Page, n: number): Promise<void> {
  const asOf = page.locator('.asof');
  for (let left = n; left > 0; left--)
    await asOf.filter({ hasNotText: (await asOf.textContent())! }).waitFor({ state: 'attached', timeout: 60_000 });
}

/** The same page once more, with nothing pushed to it: it asks, and its answers can be changed on their way. */
async function withoutStream(page: Page): Promise<void> {
  await page.route('**/api/v1/stream?*', (route) => route.abort());
  await page.reload();
  await paints(page, 1);
}

/**
 * Types into the search in the same task in which the router first writes into the history: effects of React run after
 * that.
 */
const typedWhenAlive = (text: string): string => `{
  const write = history.replaceState;
  history.replaceState = function (...entry) {
    write.apply(history, entry);
    history.replaceState = write;
    queueMicrotask(() => {
      const search = document.getElementById('q');
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(search, '${text}');
      search.dispatchEvent(new Event('input', { bubbles: true }));
    });
  };
}`;

const ANSWERS = /\/api\/v1\/(?!stream)/;

async function answerWithNothing(route: Route): Promise<void> {
  const response = await fetched(route);
  await route.fulfill({ response, json: withNothing((await response.json()) as Record<string, unknown>) });
}

function between(low: number, value: number, high: number, what: string): void {
  assert.ok(
    low <= value && value <= high,
    `${what} is ${value} on the screen; the API said ${low} before and ${high} after`,
  );
}

describe('the Live page', { concurrency: false }, () => {
  test('its total and its items are those of the API for the same bounds', async () => {
    const range = quietRange();
    const earlier = await ask(range);
    await see(`/?from=${range.from}&to=${range.to}&refresh=off`, {}, async (page) => {
      const total = digits(await page.locator('#total', { hasText: /\d/ }).textContent());
      const names = await page.locator('table.items td.nm bdi').allTextContents();
      const counts = (await page.locator('table.items td.cnt').allTextContents()).map(digits);
      const later = await ask(range);
      between(earlier.total, total, later.total, 'the total');
      assert.equal(names.length, later.items.length);
      if (earlier.total !== later.total) return;
      assert.deepEqual(
        names,
        later.items.map(({ item_name }) => item_name),
      );
      assert.deepEqual(
        counts,
        later.items.map(({ count }) => count),
      );
    });
  });

  test('the page of the server has the numbers without scripts', async () => {
    const range = quietRange();
    const earlier = await ask(range);
    await see(`/?from=${range.from}&to=${range.to}`, { javaScriptEnabled: false }, async (page) => {
      const total = digits(await page.locator('#total', { hasText: /\d/ }).textContent());
      between(earlier.total, total, (await ask(range)).total, 'the total');
      assert.match(
        (await page
          .locator('noscript')
          .first()
          .innerText()
          .catch(() => '')) || (await page.content()),
        /Live updates need JavaScript/,
      );
    });
  });

  test('a chosen window is in the address; Back and Forward go through the choices', async () => {
    await see('/', {}, async (page) => {
      const title = page.locator('.hero h2');
      await page.locator('label:has(#window-24h)').click();
      await page.waitForURL(/window=24h/);
      await title.filter({ hasText: /24/ }).waitFor();
      await page.keyboard.press('1');
      await page.waitForURL(/window=5m/);
      await title.filter({ hasText: /5\s*min/ }).waitFor();
      await page.goBack();
      await title.filter({ hasText: /24/ }).waitFor();
      assert.ok(await page.locator('#window-24h').isChecked());
      await page.goBack();
      await title.filter({ hasText: /1\s*h/ }).waitFor();
      assert.equal(new URL(page.url()).search, '');
      await page.goForward();
      await title.filter({ hasText: /24/ }).waitFor();
    });
  });

  test('numbers update by themselves, and pausing freezes all of them', async () => {
    await see('/', {}, async (page) => {
      const asOf = page.locator('.asof');
      const first = await asOf.textContent();
      await asOf.filter({ hasNotText: first! }).waitFor({ timeout: 15_000 });
      await page.keyboard.press('p');
      await page.waitForURL(/refresh=off/);
      await page.locator('.badge[data-state=paused]').waitFor();
      const frozen = await page.locator('main').innerText();
      await page.waitForTimeout(3_500);
      assert.equal(await page.locator('main').innerText(), frozen);
      await page.locator('#pause').click();
      await page.locator('.badge:not([data-state=paused])').waitFor();
      assert.equal(new URL(page.url()).search, '');
    });
  });

  test('totals are pushed: none is asked for while the stream sends, and none is missed', async () => {
    await see('/?window=5m', {}, async (page) => {
      await page.locator('.badge[title*="By push"]').waitFor({ timeout: 60_000 });
      let asked = 0;
      page.on('request', (request) => void (/top-items\?.*limit=10&/.test(request.url()) && (asked += 1)));
      await paints(page, 4);
      assert.equal(asked, 0);
    });
  });

  test('nothing moves but digits', async () => {
    await see('/?window=24h', {}, async (page) => {
      const began = await page.evaluate<number>('document.fonts.ready.then(() => performance.now())');
      await paints(page, 4);
      assert.deepEqual(await shiftsSince(page, began), []);
      await screenshot(page, 'live-1440-light');
    });
  });

  test('nothing moves but digits on a slow machine, when numbers disappear and come back', async () => {
    await see('/?window=5m', {}, async (page) => {
      await withoutStream(page);
      await slowDown(page);
      const began = await page.evaluate<number>('document.fonts.ready.then(() => performance.now())');
      await page.route(ANSWERS, answerWithNothing);
      await page.locator('#total').filter({ hasText: /^0$/ }).waitFor({ timeout: 60_000 });
      await paints(page, 2);
      await page.unroute(ANSWERS);
      await page.locator('#total').filter({ hasNotText: /^0$/ }).waitFor({ timeout: 60_000 });
      await paints(page, 6);
      assert.deepEqual(await shiftsSince(page, began), []);
    });
  });

  test('the chosen theme is kept', async () => {
    const ground = (page: Page): Promise<string> =>
      page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    await see('/?window=24h', { colorScheme: 'dark' }, async (page) => {
      assert.equal(await ground(page), 'rgb(12, 15, 20)');
      await screenshot(page, 'live-1440-dark');
      await page.locator('.theme').click();
      assert.equal(await ground(page), 'rgb(245, 246, 248)');
      await page.reload();
      assert.equal(await ground(page), 'rgb(245, 246, 248)');
    });
  });

  test('a phone shows the page without scrolling sideways, with targets for fingers', async () => {
    await see('/?window=24h', PHONE, async (page) => {
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 390);
      const small = await page.evaluate<
        string[]
      >(`[...document.querySelectorAll('button, .badge, .brand, label:has(input[type=radio]), .pick')]
        .filter((one) => one.checkVisibility() && !one.closest('td') && one.getBoundingClientRect().height < 39.5)
        .map((one) => one.className + ' ' + one.getBoundingClientRect().height)`);
      assert.deepEqual(small, []);
      await screenshot(page, 'live-390-light');
    });
  });

  test('a wide screen shows the same page, larger', async () => {
    await see('/?window=24h', { viewport: { width: 1920, height: 1080 } }, async (page) => {
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 1920);
      await screenshot(page, 'live-1920-light');
    });
  });

  test('the search for places is in the address, and a row leads to its place and back', async () => {
    await see('/?window=7d', {}, async (page) => {
      const rows = page.locator('table.places tbody tr:not(.filler)');
      const oid = (await rows.first().locator('.oid').textContent())!.slice(1);
      // The address changes before the page does, so what is in the page is waited for.
      const isAloneInTable = async (): Promise<void> => {
        await page.locator('.hint', { hasText: /^1 of / }).waitFor();
        assert.deepEqual(await rows.locator('.oid').allTextContents(), [`#${oid}`]);
      };
      await page.locator('#q').fill(`#${oid}`);
      await page.waitForURL((url) => url.searchParams.get('q') === `#${oid}`);
      await isAloneInTable();
      await rows.first().locator('a').first().click();
      await page.waitForURL((url) => url.pathname === `/locations/${oid}`);
      await page.locator('.latest').waitFor();
      await page.goBack();
      await page.waitForURL((url) => url.pathname === '/' && url.searchParams.get('q') === `#${oid}`);
      await isAloneInTable();
    });
  });

  test('text typed while the page loads is searched for, and Back leads to it', async () => {
    await see('/data', {}, async (page) => {
      const oid = (await answerOf<LocationsAnswer>('locations')).locations[0]!.geographical_location_oid;
      await page.addInitScript(typedWhenAlive(`#${oid}`));
      await page.goto(`${base}/?window=7d`);
      await page.waitForURL((url) => url.searchParams.get('q') === `#${oid}`);
      const isAlone = page.locator('.hint', { hasText: /^1 of / });
      await isAlone.waitFor();
      await page.locator('table.places tbody a').first().click();
      await page.locator('.latest').waitFor();
      await page.goBack();
      await isAlone.waitFor();
    });
  });

  test('a link with a bad value still shows numbers and names the value', async () => {
    await see('/?limit=7&window=1h', {}, async (page) => {
      assert.match(await page.locator('.notice').innerText(), /limit is “7”/);
      assert.match((await page.locator('#total').textContent())!, /^[\d,]+$/);
    });
  });

  test('without a connection the numbers stay, and the page says for how long', async () => {
    await see('/', {}, async (page) => {
      await withoutStream(page);
      await page.context().setOffline(true);
      await page.locator('.badge[data-state=offline]').waitFor({ timeout: 30_000 });
      assert.match(
        await page.locator('.notice').innerText(),
        /No connection for \d+\ss\. Last numbers from \d\d:\d\d:\d\d UTC/,
      );
      assert.match((await page.locator('#total').textContent())!, /^[\d,]+$/);
      await screenshot(page, 'live-1440-offline');
      await page.locator('.notice .btn').click();
      await page.context().setOffline(false);
      // It tries again by itself, so the notice may be gone before anybody could press its button.
      await page.locator('.badge:not([data-state=offline])').waitFor({ timeout: 60_000 });
    });
  });

  for (const [name, path, options, keys] of [
    ['light', '/?window=24h', {}, ''],
    ['dark', '/?window=24h', { colorScheme: 'dark' }, ''],
    ['as a table', '/?view=table', {}, ''],
    ['on a phone', '/', PHONE, ''],
    ['with the finder open', '/', {}, '/'],
    ['with the list of keys open', '/', { colorScheme: 'dark' }, '?'],
  ] as const) {
    test(`nothing serious stands in the way of anybody: ${name}`, async () => {
      await see(path, options, async (page) => {
        await page.waitForTimeout(1_000);
        if (keys !== '') {
          await page.keyboard.press(keys);
          await page.locator('dialog[open]').waitFor();
        }
        assert.deepEqual(await seriousFaults(page), []);
      });
    });
  }
});
