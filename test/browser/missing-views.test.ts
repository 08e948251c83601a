/**
 * A view that does not answer and a run that is running, in a real browser against a running app (SIGHTLINE_URL).
 *
 * Method: the answers of the API are changed on their way to the browser, as they are while a store is down; words,
 * address and numbers of the page must agree. Pictures are kept in test-output/.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Route } from 'playwright-core';
import type { LocationsAnswer, TimelineAnswer, TopItemsAnswer, TrustAnswer } from '../../serving/answers.ts';
import { screenshot } from '../support/browser.ts';
import { digits, fetched, PHONE, seeing, seriousFaults } from '../support/screen.ts';

const COUNTS = /\/api\/v1\/(top-items|timeline|locations)\?/;
const see = seeing();

/** As the API answers while the batch view is away: a 503, or the speed view's part where it is asked for. */
async function withoutBatch(route: Route): Promise<void> {
  const url = new URL(route.request().url());
  if (url.searchParams.get('allow_partial') !== 'true') {
    const problem = {
      title: 'HBase does not answer',
      detail: 'the batch view is away',
      status: 503,
      request_id: 'r-1',
    };
    return route.fulfill({
      status: 503,
      headers: { 'retry-after': '2' },
      contentType: 'application/problem+json',
      body: JSON.stringify(problem),
    });
  }
  url.searchParams.set('parts', 'true');
  const response = await fetched(route, { url: url.href });
  const answer = (await response.json()) as Partial<TopItemsAnswer & TimelineAnswer & LocationsAnswer> &
    Pick<TopItemsAnswer, 'total' | 'parts' | 'view'>;
  const total = answer.parts?.speed ?? 0;
  const part = <Counted extends { count: number }>(one: Counted): Counted => ({
    ...one,
    count: Math.floor((one.count * total) / (answer.total || 1)),
  });
  const points = answer.points?.map((point) => ({
    ...point,
    count: point.parts?.speed ?? 0,
    parts: { batch: 0, speed: point.parts?.speed ?? 0 },
  }));
  const json = {
    ...answer,
    total,
    parts: { batch: 0, speed: total },
    items: answer.items?.map(part),
    locations: answer.locations?.map(part),
    points,
    view: { ...answer.view, missing: 'batch' },
  };
  await route.fulfill({ response, json });
}

describe('views that do not answer, and runs that are running', { concurrency: false }, () => {
  for (const [name, options] of [
    ['', {}],
    [' on a phone', PHONE],
  ] as const) {
    test(`while a view does not answer, the last true numbers stay; the other view is shown on request, and named${name}`, async () => {
      await see('/?window=24h', options, async (page) => {
        await page.route('**/api/v1/stream?*', (route) => route.abort());
        await page.route(COUNTS, withoutBatch);
        await page.reload();
        const part = page.getByRole('button', { name: 'Show the part that answers' });
        await page.locator('.badge[data-state=down]').waitFor();
        assert.match(await page.locator('.notice').innerText(), /HBase does not answer\. Last true numbers from/);
        assert.ok(digits(await page.locator('#total', { hasText: /\d/ }).textContent()) > 0);
        await part.click();
        await page.locator('.badge[data-state=partial]', { hasText: 'speed only' }).waitFor();
        assert.equal(new URL(page.url()).searchParams.get('allow_partial'), 'true');
        assert.match(
          await page.locator('.notice').innerText(),
          /The batch view is missing: nothing that arrived up to .* is in these counts/,
        );
        for (const [where, words] of [
          ['.hero', 'the batch view does not answer'],
          ['.kpi.made', 'does not answer'],
          ['.today', 'speed only'],
        ] as const) {
          await page.locator(where, { hasText: words.replace(' only', '\u00a0only') }).waitFor();
        }
        assert.deepEqual(await seriousFaults(page), []);
        await screenshot(page, name === '' ? 'live-1440-partial' : 'live-390-partial');
        await page.getByRole('button', { name: 'Ask for the whole' }).click();
        await page.locator('.badge[data-state=down]').waitFor();
        await part.click();
        await page.locator('.badge[data-state=partial]').waitFor();
        await page.unroute(COUNTS);
        await page.waitForURL((url) => url.searchParams.get('allow_partial') === null);
        await page.locator('.badge:not([data-state=partial])').waitFor();
        assert.doesNotMatch(await page.locator('main').innerText(), /speed only/);
      });
    });
  }

  test('a running run shows as Running on Trust and on its own page', async () => {
    await see('/trust', {}, async (page) => {
      const running = '2999-12-31';
      await page.route('**/api/v1/trust', async (route) => {
        const response = await fetched(route);
        const answer = (await response.json()) as TrustAnswer;
        await route.fulfill({ response, json: { ...answer, batch: { ...answer.batch, behind_epochs: 1, running } } });
      });
      await page.locator('.nights tr', { hasText: running }).locator('.verdict', { hasText: 'Running' }).waitFor();
      await screenshot(page, 'trust-1440-running');
      await page.getByRole('link', { name: running }).click();
      await page.waitForURL((url) => url.pathname === `/trust/${running}`);
      await page.getByText(`Epoch ${running} is being published now.`).waitFor();
      assert.deepEqual(await seriousFaults(page), []);
    });
  });
});
