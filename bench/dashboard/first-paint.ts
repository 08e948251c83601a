/**
 * How long until a page is there, and how much is sent for it: `npm run bench:dashboard`, against a running app
 * (SIGHTLINE_URL).
 *
 * The browser's own account is taken: the first byte, the first and the largest paint, and what was transferred,
 * compressed as it came over the wire. Each page is opened in a new profile (cold) and once more in the same one
 * (warm); medians of all rounds. The answer of the API alone, asked from the same page, stands beside it: what a page
 * costs beyond its numbers.
 */
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../test/support/browser.ts';
import { base, someOfAll } from '../../test/support/screen.ts';
import { median } from '../support/table.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);

interface Load {
  readonly firstByteMs: number;
  readonly firstPaintMs: number;
  readonly largestPaintMs: number;
  readonly htmlBytes: number;
  readonly scriptBytes: number;
  readonly scripts: number;
  readonly styleBytes: number;
  readonly otherBytes: number;
}

const WATCH = `window.largest = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.largest = entry.startTime; }).observe({ type: 'largest-contentful-paint', buffered: true })`;

const ACCOUNT = `(() => {
  const [page] = performance.getEntriesByType('navigation');
  const all = performance.getEntriesByType('resource').filter(({ name }) => !name.includes('/api/'));
  const sum = (of) => of.reduce((bytes, { encodedBodySize }) => bytes + encodedBodySize, 0);
  const kind = (end) => all.filter(({ name }) => new URL(name).pathname.endsWith(end));
  const scripts = kind('.js'), styles = kind('.css');
  return {
    firstByteMs: page.responseStart,
    firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
    largestPaintMs: window.largest,
    htmlBytes: page.encodedBodySize,
    scriptBytes: sum(scripts), scripts: scripts.length, styleBytes: sum(styles),
    otherBytes: sum(all) - sum(scripts) - sum(styles),
  };
})()`;

async function load(page: Page, path: string): Promise<Load> {
  await page.goto(base + path, { waitUntil: 'load' });
  await page.waitForTimeout(300);
  return page.evaluate<Load>(ACCOUNT);
}

async function rounds(browser: Browser, path: string): Promise<{ cold: Load[]; warm: Load[]; apiMs: number[] }> {
  const seen = { cold: [] as Load[], warm: [] as Load[], apiMs: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(WATCH);
    seen.cold.push(await load(page, path));
    seen.warm.push(await load(page, path));
    const api = `(async () => { const began = performance.now(); await (await fetch('/api/v1/top-items?parts=true', { cache: 'no-store' })).text(); return performance.now() - began; })()`;
    seen.apiMs.push(await page.evaluate<number>(api));
    await context.close();
  }
  return seen;
}

const browser = await launchBrowser();
const { place, detection, epoch } = await someOfAll();
const pages = {
  Live: '/',
  'Live, 24 h': '/?window=24h',
  Places: '/locations',
  Place: `/locations/${place}`,
  Detection: `/detections/${detection}`,
  Trust: '/trust',
  ...(epoch ? { Night: `/trust/${epoch}` } : {}),
  Data: '/data',
};
const kB = (bytes: number): string => (bytes / 1_000).toFixed(0);
process.stdout.write(
  '| page | first byte, ms | first paint, ms | largest paint, ms | first paint, warm, ms | API alone, ms | HTML, kB | scripts, kB (files) | styles, kB | face, kB |\n|---|---|---|---|---|---|---|---|---|---|\n',
);
for (const [name, path] of Object.entries(pages)) {
  const { cold, warm, apiMs } = await rounds(browser, path);
  const of = (loads: readonly Load[], what: keyof Load): number => median(loads.map((one) => one[what]));
  const cells = [
    of(cold, 'firstByteMs'),
    of(cold, 'firstPaintMs'),
    of(cold, 'largestPaintMs'),
    of(warm, 'firstPaintMs'),
    median(apiMs),
  ].map((ms) => ms.toFixed(0));
  const bytes = [
    kB(of(cold, 'htmlBytes')),
    `${kB(of(cold, 'scriptBytes'))} (${of(cold, 'scripts')})`,
    kB(of(cold, 'styleBytes')),
    kB(of(cold, 'otherBytes')),
  ];
  process.stdout.write(`| ${[name, ...cells, ...bytes].join(' | ')} |\n`);
}
await browser.close();
