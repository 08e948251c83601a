/**
 * The pages beside Live in a real browser against a running app (SIGHTLINE_URL) with any data.
 *
 * Method: a page is compared with the answers of the API; rare states are made by changing the answers on their way to
 * the browser. Pictures are kept in test-output/.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { DetectionsAnswer, LakeAnswer, LocationsAnswer, RunsAnswer, TrustAnswer } from '../../serving/answers.ts';
import { screenshot } from '../support/browser.ts';
import { answerOf, base, digits, fetched, seeing, someOfAll } from '../support/screen.ts';

const NOWHERE = '9007199254740993';
const MINUTE_MS = 60_000;
/** A place with detections, one of its detections, and a published epoch, as the stores have them. */
let place: string;
let detection: string;
let epoch: string | null;
const see = seeing();

before(async () => {
  ({ place, detection, epoch } = await someOfAll());
});

/** Changes an answer of the API on its way to the page. */
async function changed<Answer>(page: Page, path: string, change: (answer: Answer) => unknown): Promise<void> {
  await page.route(`**/api/v1/${path}`, async (route) => {
    const response = await fetched(route);
    await route.fulfill({ response, json: change((await response.json()) as Answer) });
  });
}

describe('the pages', { concurrency: false }, () => {
  test('the navigation leads to all five pages and back, by pointer and by keys', async () => {
    await see('/?window=24h', {}, async (page) => {
      for (const [name, path, heading] of [
        ['Places', '/locations', 'Places'],
        ['Cameras', '/cameras', 'Cameras'],
        ['Trust', '/trust', 'Trust'],
        ['Data', '/data', 'Data'],
      ] as const) {
        await page.locator('.pages a', { hasText: name }).click();
        await page.waitForURL((url) => url.pathname === path && url.searchParams.get('window') === '24h');
        await page.locator('h1', { hasText: heading }).waitFor({ state: 'attached' });
        assert.equal(await page.locator('.pages a[aria-current=page]').textContent(), name);
      }
      await page.goBack();
      await page.waitForURL(/\/trust/);
      await page.locator('#tallies-title').waitFor();
      await page.keyboard.press('g');
      await page.keyboard.press('l');
      await page.waitForURL((url) => url.pathname === '/');
      await page.locator('#total').waitFor();
    });
  });

  test('the search leads to a place and to a detection', async () => {
    await see('/data', {}, async (page) => {
      await page.keyboard.press('/');
      await page.locator('dialog[open] input').fill(`#${place}`);
      await page.locator('#found li').first().click();
      await page.waitForURL((url) => url.pathname === `/locations/${place}`);
      await page.locator('.latest').waitFor();
      await page.keyboard.press('/');
      await page.locator('dialog[open] input').fill(detection);
      await page.locator('#found li', { hasText: 'Detection' }).click();
      await page.waitForURL((url) => url.pathname === `/detections/${detection}`);
      await page.locator('.facts').waitFor();
    });
  });

  test('Places counts every place as the API does, and saves the table as CSV', async () => {
    const to = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
    const range = `from=${to - 60 * MINUTE_MS}&to=${to}`;
    const earlier = await answerOf<LocationsAnswer>(`locations?${range}`);
    await see(`/locations?${range}&refresh=off`, {}, async (page) => {
      const rows = page.locator('table.places tbody tr:not(.filler, .spacer)');
      const shown = digits(await rows.first().locator('.cnt').textContent());
      const later = await answerOf<LocationsAnswer>(`locations?${range}`);
      assert.ok(earlier.locations[0]!.count <= shown && shown <= later.locations[0]!.count);
      assert.equal(
        Number(await page.locator('table.places').getAttribute('aria-rowcount')),
        later.locations.length + 1,
      );
      assert.ok((await rows.count()) >= Math.min(20, later.locations.length));
      await screenshot(page, 'places-1440-light');
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.csv').click()]);
      const lines = readFileSync((await download.path())!, 'utf8')
        .trim()
        .split('\r\n');
      assert.equal(lines.length - 1, later.locations.length);
      await page.locator('#q').fill('no place is called this');
      await page.getByText('No place matches').waitFor();
      await page.getByRole('button', { name: 'Clear' }).click();
      await rows.first().locator('a').click();
      await page.waitForURL((url) => /^\/locations\/-?\d+$/.test(url.pathname) && url.searchParams.get('to') !== null);
    });
  });

  test('a place shows detections as they arrive, keeps them still under the pointer, and leads to older ones', async () => {
    await see(`/locations/${place}?window=24h`, {}, async (page) => {
      const rows = page.locator('.latest tbody tr:not(.filler)');
      const first = rows.first().locator('.det');
      await rows.first().waitFor();
      await page.locator('.latest h2').hover();
      await screenshot(page, 'place-1440-light');
      const list = (
        await answerOf<DetectionsAnswer>(
          `detections?location=${place}&from=${Date.now() - 86_400_000}&to=${Date.now() + MINUTE_MS}&limit=500`,
        )
      ).detections;
      assert.ok(list.some(({ detection_oid }) => detection_oid === detection));
      await changed<DetectionsAnswer>(page, 'detections?*', withOneMore);
      await first.filter({ hasText: '4242' }).waitFor();
      await rows.nth(1).hover();
      const held = await rows.nth(1).textContent();
      await page.locator('.newer', { hasText: /\d newer/ }).waitFor();
      assert.equal(await rows.nth(1).textContent(), held);
      await page.unroute('**/api/v1/detections?*');
      const older = page.getByRole('button', { name: 'Older' });
      if (await older.isVisible()) {
        const before = await rows.count();
        await older.click();
        await rows.nth(before).waitFor();
      }
      await page.locator('.newer').click();
      await page.locator('.latest .hint', { hasText: 'on hold' }).waitFor({ state: 'detached' });
    });
  });

  test('a place without detections has a page that says so', async () => {
    await see('/locations/4711471147?window=5m', {}, async (page) => {
      await page
        .getByText('Dataset B has no place 4711471147 yet. Its name appears here once dataset B has it.')
        .waitFor();
      await page.getByText('No detections here in this window.').waitFor();
      assert.equal(await page.locator('#total').textContent(), '0');
    });
  });

  test('the page of a detection shows every field and leads to its minute at its place', async () => {
    const row = await answerOf<{ timestamp_detected: number; kafka_offset: number }>(`detections/${detection}`);
    await see(`/detections/${detection}`, {}, async (page) => {
      const text = await page.locator('.facts').innerText();
      assert.ok(text.includes(detection) && text.includes(row.kafka_offset.toLocaleString('en-US')));
      await screenshot(page, 'detection-1440-light');
      await page.getByRole('link', { name: 'Its minute at this place' }).click();
      const minute = new Date(Math.floor(row.timestamp_detected / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 16);
      await page.waitForURL(
        (url) => url.pathname === `/locations/${place}` && url.searchParams.get('from') === `${minute}Z`,
      );
      await page.locator('.latest tbody tr:not(.filler)').first().waitFor();
    });
  });

  test('the page of an unknown id gives the possible reasons', async () => {
    await see(`/detections/${NOWHERE}`, {}, async (page) => {
      await page.getByText(`No detection ${NOWHERE} was counted.`).waitFor();
      await page.getByText('It may be a copy, a dead letter or not arrived yet').waitFor();
      await page.locator('.lead a', { hasText: 'Trust' }).click();
      await page.waitForURL(/\/trust/);
    });
  });

  test('the tallies on Trust add up and are those of the API', async () => {
    await see('/trust?refresh=off', {}, async (page) => {
      const records = digits(await page.locator('#records', { hasText: /\d/ }).textContent());
      const parts = (await page.locator('.tallies tbody td:nth-child(2)').allTextContents()).map(digits);
      assert.equal(parts.length, 6);
      assert.equal(
        parts.reduce((a, b) => a + b, 0),
        records,
      );
      const { tallies, partitions } = await answerOf<TrustAnswer>('trust');
      assert.ok(records > 0 && records <= tallies.records);
      assert.equal(await page.locator('.partitions tbody tr').count(), partitions.length);
      await screenshot(page, 'trust-1440-light');
    });
  });

  test('a night is Proved only if its report says so', async () => {
    if (epoch === null) return;
    await see('/trust', {}, async (page) => {
      const words: Record<string, string> = { proved: 'Proved', repaired: 'Repaired', unproven: 'Unproven' };
      const { runs } = await answerOf<RunsAnswer>('runs?limit=50');
      const row = page.locator('.nights tr', { has: page.getByRole('link', { name: epoch!, exact: true }) });
      const run = runs.find((one) => one.epoch === epoch)!;
      assert.equal(await row.locator('.verdict').textContent(), words[run.result]);
      await row.locator('a').click();
      await page.waitForURL((url) => url.pathname === `/trust/${epoch}`);
      const report = page.locator('.night .verdict');
      assert.equal(await report.textContent(), words[run.result]);
      assert.equal(digits(await page.locator('#records').textContent()), run.records);
      await screenshot(page, 'night-1440-light');
    });
  });

  test('without a published night, and without the role for runs, Trust says what to do', async () => {
    await see('/data', {}, async (page) => {
      await changed<RunsAnswer>(page, 'runs', () => ({ runs: [], total: 0, attempts: [] }));
      await changed<TrustAnswer>(page, 'trust', (answer) => ({
        ...answer,
        horizon: null,
        batch: { ...answer.batch, behind_epochs: 0 },
      }));
      await page.goto(`${base}/trust`);
      await page.getByText('The first night has not ended.').waitFor();
      await page.unroute('**/api/v1/runs');
      await page.route('**/api/v1/runs', (route) =>
        route.fulfill({
          status: 403,
          contentType: 'application/problem+json',
          body: JSON.stringify({ title: 'A role is needed', detail: 'Runs are for operators.', status: 403 }),
        }),
      );
      await page.goto(`${base}/trust`);
      const letters = page.locator('section[aria-labelledby="letters-title"]');
      await letters.getByText('Ask an operator.').waitFor();
      assert.equal(await letters.locator('table').count(), 0);
    });
  });

  test('Data lists the days of the lake, has lines for ticked days, and offers complete days for download', async () => {
    const { days, root } = await answerOf<LakeAnswer>('lake');
    await see('/data', {}, async (page) => {
      if (days.length === 0) {
        await page.getByText('The lake fills when the first epoch is published').waitFor();
        return;
      }
      await page.locator('.dayrows tbody tr').first().waitFor();
      assert.equal(await page.locator('.dayrows tbody tr').count(), days.length);
      const lines = page.locator('.codebox pre');
      for (const reader of ['pandas', 'DuckDB', 'Spark']) {
        await page.getByRole('button', { name: reader }).click();
        assert.match((await lines.textContent())!, new RegExp(root));
        assert.ok((await lines.textContent())!.includes(days[0]!.date));
      }
      await page.locator('.dayrows input').first().click();
      await page.getByText('Tick a day.').waitFor();
      await screenshot(page, 'data-1440-light');
      const whole = days.filter(({ state }) => state === 'complete').length;
      assert.equal(await page.locator('.dayrows .complete').count(), whole);
    });
  });

  test('the export has exactly the chosen window', async () => {
    await see('/data?from=2026-11-22T10:00Z&to=2026-11-22T11:00Z', {}, async (page) => {
      await page.locator('#export-place').fill(place);
      await page.locator('label:has(input[value=csv])').click();
      const href = new URL(
        (await page.getByRole('link', { name: 'Download', exact: true }).getAttribute('href'))!,
        base,
      );
      assert.equal(href.pathname, '/api/v1/export');
      const from = Date.UTC(2026, 10, 22, 10);
      assert.deepEqual(Object.fromEntries(href.searchParams), {
        location: place,
        from: String(from),
        to: String(from + 60 * MINUTE_MS),
        format: 'csv',
      });
      await page.locator('#export-place').fill('seventeen');
      await page.getByText('Enter the oid of a place').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Download' }).isDisabled(), true);
    });
  });

  test('if HDFS does not answer, the days stay, downloads are off, and the page says when to try again', async () => {
    await see('/data', {}, async (page) => {
      if ((await answerOf<LakeAnswer>('lake')).days.length === 0) return;
      await page.locator('.dayrows tbody tr').first().waitFor();
      const rows = await page.locator('.dayrows tbody tr').count();
      await page.route('**/api/v1/lake', (route) =>
        route.fulfill({
          status: 503,
          headers: { 'retry-after': '5' },
          contentType: 'application/problem+json',
          body: JSON.stringify({ title: 'HDFS does not answer', detail: 'refused', status: 503 }),
        }),
      );
      await page.getByText('HDFS does not answer; try again in 30 s').first().waitFor();
      assert.equal(await page.locator('.dayrows tbody tr').count(), rows);
      assert.equal(await page.locator('.dayrows a.btn').count(), 0);
    });
  });

  test('an unknown address offers the search', async () => {
    await see('/locations/not-an-oid', {}, async (page) => {
      await page.locator('input[name=q]').fill('station');
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => url.pathname === '/locations' && url.searchParams.get('q') === 'station');
    });
  });
});

/** One more detection than the API has, newer than all of them each time. */
let more = 0;
function withOneMore(answer: DetectionsAnswer): DetectionsAnswer {
  const [first] = answer.detections;
  if (!first) return answer;
  more += 1;
  return {
    ...answer,
    detections: [
      { ...first, detection_oid: `4242${more}`, timestamp_detected: Date.now() },
      ...answer.detections.slice(0, -1),
    ],
  };
}
