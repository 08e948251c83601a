/**
 * A real browser for tests: the machine's own, or the one that comes as an npm package where there is none.
 *
 * Pages report what their console complains about; a test that ends well has seen no complaint.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sparticuz from '@sparticuz/chromium';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const KNOWN = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function launchBrowser(): Promise<Browser> {
  const own = [process.env['CHROMIUM'] ?? '', ...KNOWN].find((path) => path !== '' && existsSync(path));
  if (own) return chromium.launch({ executablePath: own, args: FLAGS });
  return chromium.launch({ executablePath: await sparticuz.executablePath(), args: [...sparticuz.args, ...FLAGS] });
}

export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts and of the content security policy. */
  readonly complaints: readonly string[];
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  await page.addInitScript(RECORD_SHIFTS);
  await page.goto(url);
  return { page, complaints };
}

/** Every shift of the layout that nobody asked for, with the nodes that moved: the browser's own account. */
const RECORD_SHIFTS = `window.shifts = []; new PerformanceObserver((list) => {
  const box = ({ x, y, width, height }) => [x, y, width, height].map((n) => Math.round(n * 10) / 10).join(' ');
  const name = (node) => !node ? 'a node that is gone' : node.nodeType === 3 ? '“' + node.data.slice(0, 40) + '” in ' + name(node.parentElement) : node.outerHTML.slice(0, 100);
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    for (const { node, previousRect, currentRect } of entry.sources) {
      // A text whose neighbour was written anew is reported though it stays where it was.
      if (box(previousRect) === box(currentRect)) continue;
      window.shifts.push({ at: entry.startTime, what: name(node) + ' from ' + box(previousRect) + ' to ' + box(currentRect) });
    }
  }
}).observe({ type: 'layout-shift', buffered: true })`;

/** What moved since the face was there, one line a node. */
export async function shiftsSince(page: Page, at: number): Promise<string[]> {
  const shifts = await page.evaluate<{ at: number; what: string }[]>('window.shifts');
  return shifts.filter((shift) => shift.at > at).map(({ what }) => what);
}

/** As a machine of a quarter of the speed. */
export async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
}

/** Kept for people who want to see what a test saw. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = join(process.cwd(), 'test-output');
  mkdirSync(folder, { recursive: true });
  // Hiding the caret would put a style on every field, which the content security policy forbids and the page would
  // notice.
  await page.screenshot({ path: join(folder, `${name}.png`), caret: 'initial' });
}
