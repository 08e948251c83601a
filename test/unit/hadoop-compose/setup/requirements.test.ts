// What pip installs is written down with versions and hashes, all of it, and is made from what is asked for by name.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

function below(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : below(path);
    return /^requirements.*\.(txt|in)$/.test(entry.name) ? [path] : [];
  });
}

const files = ['hadoop-compose', 'test'].flatMap(below);
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
/** `name==version`, as pip compares names. */
const plain = (requirement: string): string => requirement.toLowerCase().replaceAll('_', '-');

/** One requirement each, its continued lines joined. */
function requirementsOf(file: string): string[] {
  return read(file)
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
}

test('every package that pip installs is pinned to one version, with the hashes of its files', () => {
  const locked = files.filter((file) => file.endsWith('.txt'));
  assert.ok(locked.includes('hadoop-compose/cameras/requirements.txt'), locked.join(' '));
  for (const file of locked) {
    const requirements = requirementsOf(file);
    assert.ok(requirements.length > 0, file);
    for (const one of requirements)
      assert.match(
        one,
        /^[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*( ; [^\\]+?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+$/,
        `${file}: ${one.slice(0, 80)}`,
      );
  }
});

test('what is asked for by name is what is locked: nobody forgot npm run lock:python', () => {
  for (const file of files.filter((name) => name.endsWith('.in'))) {
    const locked = file.replace(/\.in$/, '.txt');
    assert.ok(existsSync(join(root, locked)), `${locked} is missing; npm run lock:python makes it`);
    const pins = new Set(requirementsOf(locked).map((one) => plain(one.split(/[\s;]/)[0]!)));
    for (const wish of requirementsOf(file).filter((line) => !line.startsWith('-'))) {
      assert.match(wish, /==/, `${file}: ${wish}`);
      assert.ok(
        pins.has(plain(wish.replace(/\[.*\]/, '').trim())),
        `${wish} of ${file} is not in ${relative('.', locked)}; npm run lock:python`,
      );
    }
  }
});
