#!/usr/bin/env node
/**
 * Behind `npm run lock:python`: every requirements*.in becomes a requirements*.txt with all packages, their versions
 * and their hashes.
 *
 * `sightline` installs from the .txt files alone, and pip refuses what has another hash. uv resolves, for every Python
 * from 3.11 on and every platform at once, and keeps the versions that a .txt file has where they still fit. It lives
 * in an environment of its own in .sightline, by the same rule.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Missing, run, say } from './steps.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const LEAST_PYTHON = '3.11';

try {
  const uv = ensureUv(join(resolve(process.env.SIGHTLINE_HOME || join(root, '.sightline')), 'uv'));
  for (const file of ['hadoop-compose', 'test'].flatMap((folder) => wishesBelow(join(root, folder)))) lock(uv, file);
} catch (fault) {
  if (!(fault instanceof Missing)) throw fault;
  process.stderr.write(`${fault.message}\n`);
  process.exit(fault.exitCode);
}

/**
 * Files that others take for their constraints (requirements.in) come before those others (requirements-analysis.in).
 */
function wishesBelow(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const own = entries.filter((entry) => /^requirements.*\.in$/.test(entry.name)).map((entry) => entry.name);
  own.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'node_modules');
  return [
    ...own.map((name) => join(folder, name)),
    ...folders.flatMap((entry) => wishesBelow(join(folder, entry.name))),
  ];
}

function lock(uv, file) {
  say(`locking ${relative(root, file)}`);
  const name = basename(file);
  const options = [
    '--quiet',
    '--universal',
    '--python-version',
    LEAST_PYTHON,
    '--generate-hashes',
    '--no-emit-index-url',
    '--no-emit-find-links',
    '--no-annotate',
  ];
  const env = { ...process.env, UV_CUSTOM_COMPILE_COMMAND: `npm run lock:python, from ${name}; do not edit by hand` };
  run(uv, ['pip', 'compile', ...options, name, '--output-file', name.replace(/\.in$/, '.txt')], {
    env,
    cwd: dirname(file),
  });
}

function ensureUv(folder) {
  const uv = join(folder, 'bin', 'uv');
  if (!existsSync(uv)) run(process.env.SIGHTLINE_PYTHON || 'python3', ['-m', 'venv', folder]);
  run(join(folder, 'bin', 'python'), [
    '-m',
    'pip',
    '--disable-pip-version-check',
    'install',
    '--quiet',
    '--require-hashes',
    '-r',
    join(here, 'requirements.txt'),
  ]);
  return uv;
}
