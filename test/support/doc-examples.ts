/**
 * The code blocks of a page of docs, so that tests can run what people will copy.
 *
 * Addresses, folders and dates of the page are replaced by those of a test; a page that does not name one of them is a
 * fault of the test, which would then run something else than it believes.
 */
import { readFileSync } from 'node:fs';

export const DATA_PAGE = new URL('../../docs/data.md', import.meta.url);
export const SPARK_PAGE = new URL('../../docs/spark.md', import.meta.url);

/** The blocks of one language below a heading, in their order. */
export function examplesOf(page: URL, heading: string, language: string): string[] {
  const text = readFileSync(page, 'utf8');
  const begin = text.indexOf(`\n${heading}\n`);
  if (begin < 0) throw new Error(`${page.pathname} has no heading "${heading}"`);
  const end = text.indexOf('\n## ', begin + heading.length);
  const section = text.slice(begin, end < 0 ? undefined : end);
  return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , code]) => code!);
}

export function withReplaced(code: string, changes: Readonly<Record<string, string>>): string {
  let text = code;
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`the example does not name ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}
