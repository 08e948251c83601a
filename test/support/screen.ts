/**
 * What the browser's tests of all pages share: a page opened, looked at and closed, with every complaint of its
 * console; numbers as people read them; axe.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import type { APIResponse, Browser, BrowserContextOptions, Page, Route } from 'playwright-core';
import type { DetectionsAnswer, RunsAnswer } from '../../serving/answers.ts';
import { launchBrowser, openPage } from './browser.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Address of the app to test. */
export const base = process.env['SIGHTLINE_URL'] ?? '';

/** Opens a page of the app, and closes it after the look: it has complained of nothing. */
export type See = (path: string, options: BrowserContextOptions, look: (page: Page) => Promise<void>) => Promise<void>;

/**
 * A browser for the tests of a file, from the first to the last of them. `address`: of the app, as this file reaches
 * it.
 */
export function seeing(address: () => string = () => base): See {
  let browser: Browser;
  before(async () => {
    assert.match(base, /^https?:/, 'SIGHTLINE_URL names the app to test, such as http://127.0.0.1:3000');
    browser = await launchBrowser();
  });
  after(() => browser?.close());
  return async (path, options, look) => {
    const { page, complaints } = await openPage(browser, address() + path, options);
    page.setDefaultTimeout(60_000);
    try {
      await look(page);
      assert.deepEqual(complaints, []);
    } finally {
      // Answers that are still on their way have nobody to go to.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.context().close();
    }
  };
}

export const digits = (text: string | null): number => Number((text ?? '').replace(/[^\d]/g, ''));

export async function answerOf<T>(path: string): Promise<T> {
  const response = await fetch(`${base}/api/v1/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/**
 * What the app answers to a request of the page; asked again, as browsers do, if the kept connection was just being
 * closed.
 */
export function fetched(route: Route, changed: { url?: string } = {}): Promise<APIResponse> {
  return route.fetch({ ...changed, maxRetries: 3 });
}

/** An answer of the API as it is before anything was counted or published. */
export function withNothing<T extends Record<string, unknown>>(answer: T): T {
  const nothing = {
    total: 0,
    items: [],
    distinct_items: 0,
    locations: [],
    points: [],
    horizon: null,
    parts: { batch: 0, speed: 0 },
  };
  return { ...answer, ...Object.fromEntries(Object.entries(nothing).filter(([name]) => name in answer)) };
}

/** A place with detections, one of its detections, and a published epoch if there is one, as the stores have them. */
export async function someOfAll(): Promise<{ place: string; detection: string; epoch: string | null }> {
  const day = `from=${Date.now() - 86_400_000}&to=${Date.now()}`;
  const { detections } = await answerOf<DetectionsAnswer>(`detections?${day}&limit=1`);
  assert.ok(detections[0], 'the stores hold a detection of the last day');
  const [run] = (await answerOf<RunsAnswer>('runs?limit=1')).runs;
  return {
    place: detections[0].geographical_location_oid,
    detection: detections[0].detection_oid,
    epoch: run?.epoch ?? null,
  };
}

/** Rules of axe that are broken seriously, with the nodes. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate<string[]>(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).slice(0, 5).join(', ')))`);
}

/** On a phone: how wide the page is, what the cards cut off, and every control that is too small for a finger. */
export async function onAPhone(page: Page): Promise<{ width: number; cut: string[]; small: string[] }> {
  return {
    cut: await page.evaluate<string[]>(`[...document.querySelectorAll('.kpi, .kpi *')]
      .filter((one) => one.checkVisibility() && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.className + ' ' + one.textContent)`),
    width: await page.evaluate<number>('document.documentElement.scrollWidth'),
    small: await page.evaluate<
      string[]
    >(`[...document.querySelectorAll('button, .badge, .brand, .tabs a, label:has(input[type=radio]), .pick')]
      .filter((one) => one.checkVisibility() && !one.closest('td, .conflict') && one.getBoundingClientRect().height < 39.5)
      .map((one) => one.className + ' ' + one.textContent + ' ' + one.getBoundingClientRect().height)`),
  };
}
