/**
 * Seven windows of one browser against a running app (SIGHTLINE_URL): HTTP/1.1 gives them six connections, and they
 * share one stream.
 *
 * Method: the app's own metric of open streams, and the title of each page's badge, which says how its numbers come.
 * Pages of one context are windows of one browser: they share cookies, connections and the channel between tabs.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { eventually } from '../support/main-job.ts';
import { base } from '../support/screen.ts';

const LIMIT_MS = 120_000;
/** Remembers the streams that a page opens. */
const REMEMBER_STREAMS = `window.streams = []; window.EventSource = class extends EventSource { constructor(...given) { super(...given); window.streams.push(this); } }`;
/** Painted every five seconds: seven pages share the machine too. */
const PATHS = ['?', '?window=5m&', '?window=15m&', '?window=24h&', '?limit=5&', 'locations?', '?'].map(
  (path) => `/${path}refresh=5`,
);
let browser: Browser;
let context: BrowserContext;
const pages: Page[] = [];
const complaints: string[] = [];

before(async () => {
  browser = await launchBrowser();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript(REMEMBER_STREAMS);
});

after(() => browser?.close());

async function streams(): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  return Number(/^sightline_stream_connections(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1]);
}

const oneStream = (what: string): Promise<number> =>
  eventually(`one stream ${what}`, streams, (open) => open === 1, LIMIT_MS);

/** Every page is told its numbers, and they go on. */
async function allPushed(some: readonly Page[]): Promise<void> {
  for (const page of some) await page.locator('.badge[title*="By push"]').waitFor({ timeout: LIMIT_MS });
  const asOf = await Promise.all(some.map((page) => page.locator('.asof').textContent()));
  await Promise.all(
    some.map((page, index) =>
      page.locator('.asof').filter({ hasNotText: asOf[index]! }).waitFor({ timeout: LIMIT_MS }),
    ),
  );
}

/** The page that holds the stream. */
async function leading(some: readonly Page[]): Promise<Page> {
  for (const page of some)
    if (await page.evaluate<boolean>('window.streams.some(({ readyState }) => readyState !== EventSource.CLOSED)'))
      return page;
  throw new Error('no page holds a stream');
}

describe('seven windows of one browser', { concurrency: false }, () => {
  test('share one stream, and each gets its own numbers', async () => {
    for (const path of PATHS) {
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on(
        'console',
        (message) =>
          void (
            message.type() === 'error' &&
            !message.text().startsWith('Failed to load resource') &&
            complaints.push(message.text())
          ),
      );
      // That it has come is seen by what it shows.
      await page.goto(base + path, { waitUntil: 'commit', timeout: LIMIT_MS });
      pages.push(page);
    }
    await allPushed(pages);
    await oneStream('for seven');
    const words = await Promise.all(
      pages.map((page) =>
        page
          .locator('.hero h2')
          .textContent()
          .catch(() => null),
      ),
    );
    assert.match(words[3]!, /24/, 'each its own window');
  });

  test('continue when some of them close, also the one with the stream', async () => {
    for (let left = 0; left < 3; left++) await pages.shift()!.close();
    await allPushed(pages);
    await oneStream('for four');
  });

  test('continue when the one with the stream freezes', async () => {
    const leader = await leading(pages);
    const session = await context.newCDPSession(leader);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await allPushed(pages.filter((page) => page !== leader));
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await allPushed(pages);
    await oneStream('when it is back');
    assert.deepEqual(complaints, []);
  });
});
