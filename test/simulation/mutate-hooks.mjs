/**
 * Loads changed sources in the place of files, before TypeScript is taken off them: mutations.test.ts hands them over
 * by SIGHTLINE_MUTATION, a file with a JSON object of sources by path from the root of the repository. Each that is
 * loaded is named on standard error, so that the test sees that its bug took part.
 */
import { readFileSync, writeSync } from 'node:fs';

let sources = new Map();

export function initialize(file) {
  sources = new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
}

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  const path = url.split('?', 1)[0];
  const changed = [...sources.keys()].find((file) => path.endsWith(`/${file}`));
  if (changed === undefined) return loaded;
  writeSync(2, `mutated ${changed}\n`);
  return { ...loaded, source: sources.get(changed) };
}
