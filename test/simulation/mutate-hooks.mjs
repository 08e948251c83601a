/**
 * Changes the source of a module as it is loaded, before TypeScript is taken off it. No file is touched: the edits live
 * in the test's process alone. Each must match exactly once, so that code which moved on cannot leave a mutation behind
 * that changes nothing.
 */
import { writeSync } from 'node:fs';

let edits = [];

export function initialize(data) {
  edits = data;
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  const mine = edits.filter(({ file }) => url.split('?', 1)[0].endsWith(`/${file}`));
  if (mine.length === 0) return loaded;
  const source = mine.reduce(edited, String(loaded.source));
  return { ...loaded, source };
}

function edited(text, { file, find, put }) {
  const parts = text.split(anyLayout(find));
  if (parts.length !== 2) throw new Error(`the edit of ${file} matches ${parts.length - 1} times, not once: ${find}`);
  writeSync(2, `mutated ${file}\n`);
  return parts.join(put);
}

/** The tokens of a piece of source with any white space between them, so that a formatter may break its lines. */
function anyLayout(find) {
  const tokens = find.match(/\w+|[^\w\s]/g).map((token) => token.replace(/[^\w\s]/, '\\$&'));
  return new RegExp(tokens.map((token) => (/^\\[)\]}]$/.test(token) ? `,?\\s*${token}` : token)).join('\\s*'));
}
