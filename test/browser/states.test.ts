/**
 * Rare states of the numbers, in a real browser against a running app (SIGHTLINE_URL):
 * first run, late, stale, quiet, down and paused.
 *
 * Method: the API's answers are changed on their way to the browser, as they are in that state; badge, notice and
 * numbers must agree. Pictures are kept in test-output/: of the stale state in both themes, on a phone
 * and on a wall screen.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrowserContextOptions, Page, Route } from 'playwright-core';
import type { LocationsAnswer, TimelineAnswer, TrustAnswer, View } from '../../serving/answers.ts';
import { screenshot } from '../support/browser.ts';
import { digits, fetched, PHONE, seeing, seriousFaults, withNothing } from '../support/screen.ts';

const ANSWERS = /\/api\/v1\/(?!stream)/;
const SCREENS: readonly (readonly [name: string, BrowserContextOptions])[] = [
  ['1440-light', {}],
  ['1440-dark', { colorScheme: 'dark' }],
  ['390-light', PHONE],
  ['1920-light', { viewport: { width: 1920, height: 1080 } }],
];
const see = seeing();

type Answer = Record<string, unknown> & { view?: View };

/** The page once more, with nothing pushed to it and the API's answers changed on their way. */
async function changing(page: Page, change: (answer: Answer) => Answer): Promise<void> {
  await page.route('**/api/v1/stream?*', (route) => route.abort());
  await page.route(ANSWERS, async (route) => {
    const response = await fetched(route);
    if (!response.ok()) return route.fulfill({ response });
    await route.fulfill({ response, json: change((await response.json()) as Answer) });
  });
  await page.reload();
}

const behind =
  (ms: number) =>
  (answer: Answer): Answer => ({
    ...answer,
    ...(answer.view ? { view: { ...answer.view, speed_as_of: Date.now() - ms, freshness_ms: ms } } : {}),
  });

/** Before the first detection: nothing counted, nothing published, no record in the log. */
function firstRun(answer: Answer): Answer {
  const { tallies, locations, points } = answer as Partial<TrustAnswer & LocationsAnswer & TimelineAnswer>;
  return {
    ...withNothing(answer),
    ...(answer.view ? { view: { ...answer.view, horizon: null } } : {}),
    ...(tallies ? { tallies: { ...tallies, records: 0 } } : {}),
    ...(locations ? { locations: locations.map((place) => ({ ...place, count: 0 })) } : {}),
    ...(points ? { points: points.map((point) => withNothing({ ...point, count: 0 })) } : {}),
  };
}

async function away(route: Route): Promise<void> {
  const problem = {
    title: 'HBase does not answer',
    detail: 'no answer from the region server within 3 s',
    status: 503,
    request_id: 'r-1',
  };
  await route.fulfill({
    status: 503,
    headers: { 'retry-after': '8' },
    contentType: 'application/problem+json',
    body: JSON.stringify(problem),
  });
}

/** What is the matter does not move the page sideways or stand in anybody's way; a picture of it is kept. */
async function look(page: Page, name: string): Promise<void> {
  const { width } = page.viewportSize()!;
  const wide = await page.evaluate<
    string[]
  >(`document.documentElement.scrollWidth <= ${width} ? [] : [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > ${width} && one.checkVisibility()).map((one) => one.outerHTML.slice(0, 100))`);
  assert.deepEqual(wide, [], name);
  assert.deepEqual(await seriousFaults(page), []);
  await screenshot(page, name);
}

for (const [screen, options] of SCREENS) {
  describe(`on ${screen}`, { concurrency: false }, () => {
    test('stale numbers stay without a rate, and the notice says until when they are true', async () => {
      await see('/?window=1h', options, async (page) => {
        await changing(page, behind(4 * 60_000));
        await page.locator('.badge[data-state=stale]', { hasText: /4\smin/ }).waitFor();
        assert.match(
          await page.locator('.notice').innerText(),
          /Nothing counted since \d\d:\d\d:\d\d UTC\..*will be counted/,
        );
        assert.ok(digits(await page.locator('#total', { hasText: /\d/ }).textContent()) > 0);
        await look(page, `live-${screen}-stale`);
      });
    });

    test('before the first detection one sentence says what to do', async () => {
      await see('/?window=1h', options, async (page) => {
        await changing(page, firstRun);
        await page
          .locator('table.items', {
            hasText: 'Waiting for the first detection. npm start -- --rate 1000 simulates cameras.',
          })
          .waitFor();
        await page.locator('#total').filter({ hasText: /^0$/ }).waitFor();
        await page.locator('table.places td.cnt').first().filter({ hasText: /^0$/ }).waitFor();
        await look(page, `live-${screen}-first-run`);
      });
    });
  });
}

test('late numbers stay, and the notice says how far they are behind', async () => {
  await see('/?window=1h', {}, async (page) => {
    await changing(page, behind(34_000));
    await page.locator('.badge[data-state=late]', { hasText: /34\ss/ }).waitFor();
    assert.match(
      await page.locator('.notice').innerText(),
      /The speed layer is 34\ss behind\..*Numbers are true up to/,
    );
    assert.ok(digits(await page.locator('#total', { hasText: /\d/ }).textContent()) > 0);
    await look(page, 'live-1440-light-late');
  });
});

test('while a store is down the last true numbers stay, and the notice says when the page asks again', async () => {
  await see('/?window=1h', {}, async (page) => {
    await page.route('**/api/v1/stream?*', (route) => route.abort());
    await page.route(ANSWERS, away);
    await page.reload();
    await page.locator('.badge[data-state=down]').waitFor();
    assert.match(await page.locator('.notice').innerText(), /HBase does not answer\. Last true numbers from/);
    await look(page, 'live-1440-light-down');
  });
});

test('a pause freezes the numbers and says since when', async () => {
  await see('/?window=1h&refresh=off', {}, async (page) => {
    await page.locator('.badge[data-state=paused]').waitFor();
    await look(page, 'live-1440-light-paused');
  });
});

test('quiet cameras are not late', async () => {
  await see('/?window=1h', {}, async (page) => {
    let total: unknown = null;
    await changing(page, (answer) => {
      if (!('items' in answer)) return answer;
      total ??= answer.total;
      return { ...answer, total, ...(answer.view ? { view: { ...answer.view, freshness_ms: 0 } } : {}) };
    });
    await page.locator('.badge[data-state=quiet]').waitFor({ timeout: 120_000 });
    await look(page, 'live-1440-light-quiet');
  });
});
