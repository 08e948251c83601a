/**
 * Checks that what people are sent to exists: each link of a page, each page that code or a page names, each heading
 * behind a #, and each file that a page names.
 *
 * A page is a tracked Markdown file. Links that leave the repository are not asked for. Headings become anchors as
 * GitHub makes them: lower case, blanks as hyphens, everything else but letters, digits, hyphens and underscores gone.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LINK = /\]\(([^)\s]+)\)/g;
const MENTIONED_PAGE = /(?<![\w/.-])((?:docs|bench)\/[\w/-]+\.md|README\.md|CONTRIBUTING\.md)(#[\w-]+)?/g;
const MENTIONED_DECISION = /docs\/decisions\/\d[\w.-]*|(?<![\w.#])decision \d{4}/gi;
const MENTIONED_FILE = /`((?:[\w.[\]-]+\/)+[\w.[\]-]+\.(?:ts|tsx|mjs|py|sql|yaml|xml))`/g;
const NAMES_PAGES = /\.(md|ts|tsx|mjs|py|sql|css|yaml|xml|sh)$/;

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => existsSync(join(ROOT, file)));
const text = new Map(
  tracked.filter((file) => NAMES_PAGES.test(file)).map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);
const pages = [...text.keys()].filter((file) => file.endsWith('.md'));
const folders = new Set(tracked.flatMap((file) => parents(file)));

function parents(file: string): string[] {
  const above = dirname(file);
  return above === '.' ? ['.'] : [above, ...parents(above)];
}

function anchorsOf(page: string): Set<string> {
  const prose = text.get(page)!.replaceAll(/^```[\s\S]*?^```/gm, '');
  const anchors = new Set<string>();
  for (const [, heading] of prose.matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = heading!
      .replaceAll(/\]\([^)]*\)/g, '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const again = [...anchors].filter((other) => other.replace(/-\d+$/, '') === anchor).length;
    anchors.add(again === 0 ? anchor : `${anchor}-${again}`);
  }
  return anchors;
}

/** What is wrong with a page or file and the heading behind its #, or null. */
function faultOf(path: string, anchor: string | undefined): string | null {
  if (!text.has(path) && !tracked.includes(path) && !folders.has(path)) return 'which does not exist';
  if (anchor === undefined || anchor === '' || !path.endsWith('.md')) return null;
  return anchorsOf(path).has(anchor) ? null : `which has no heading #${anchor}`;
}

describe('pages', () => {
  it('link to pages, headings and files that exist', () => {
    const untrue = pages.flatMap((page) =>
      [...text.get(page)!.matchAll(LINK)].flatMap(([, target]) => {
        if (/^(https?|mailto):/.test(target!)) return [];
        const [path, anchor] = target!.split('#');
        const file = path === '' ? page : normalize(join(dirname(page), path!)).replace(/\/$/, '');
        const fault = faultOf(file, anchor);
        return fault === null ? [] : [`${page} links to ${target}, ${fault}`];
      }),
    );
    assert.deepEqual(untrue, []);
  });

  it('are named by code and pages as they are called', () => {
    const untrue = [...text].flatMap(([file, source]) =>
      [...source.matchAll(MENTIONED_PAGE)].flatMap(([mention, path, anchor]) => {
        const fault = faultOf(path!, anchor?.slice(1));
        return fault === null ? [] : [`${file} names ${mention}, ${fault}`];
      }),
    );
    assert.deepEqual(untrue, []);
  });

  it('are named in full where they hold a decision, since a number alone cannot be looked up', () => {
    const untrue = [...text].flatMap(([file, source]) =>
      [...source.matchAll(MENTIONED_DECISION)]
        .map(([mention]) => mention.replace(/\.$/, ''))
        .filter((mention) => !tracked.includes(mention))
        .map((mention) => `${file} names ${mention}`),
    );
    assert.deepEqual(untrue, []);
  });

  it('name files that exist', () => {
    const untrue = pages.flatMap((page) =>
      [...text.get(page)!.matchAll(MENTIONED_FILE)]
        .map(([, name]) => name!)
        .filter((name) => !tracked.some((file) => file === name || file.endsWith(`/${name}`)))
        .map((name) => `${page} names ${name}, which does not exist`),
    );
    assert.deepEqual(untrue, []);
  });
});
