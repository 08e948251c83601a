// An environment that another Python made is noticed and made anew; one that fits is left alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { environmentOf, pythonFault } from '../../../../hadoop-compose/cameras/venv.ts';

const root = mkdtempSync(join(tmpdir(), 'sightline-größe-'));
after(() => rmSync(root, { recursive: true, force: true }));
const real = execFileSync('python3', ['-c', 'import sys, platform; print(sys.executable, platform.python_version())'], { encoding: 'utf8' }).trim().split(' ') as [string, string];

/** What `python -m venv` of that version leaves, with a stray file that a new environment does not have. */
function madeWith(name: string, version: string, python: string): string {
  const folder = join(root, name);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'pyvenv.cfg'), `home = /usr/bin\nversion = ${version}\n`);
  writeFileSync(join(folder, 'old'), '');
  symlinkSync(python, join(folder, 'bin', 'python'));
  return folder;
}

async function said(folder: string, environment: Record<string, string> = {}): Promise<string[]> {
  const lines: string[] = [];
  await environmentOf(folder, [], { say: (_who, what) => void lines.push(what), environment });
  return lines;
}

test('one of this Python is left as it is, at once', async () => {
  const folder = madeWith('same', real[1], real[0]);
  assert.deepEqual(await said(folder), []);
  assert.ok(existsSync(join(folder, 'old')));
});

/** A Python of another version, with just enough of it to make an environment: the machine has only one. */
function pythonOf(version: string): string {
  const [major, minor] = version.split('.');
  const file = join(root, `python-${version}`);
  const lines = [
    '#!/bin/sh',
    'case "$1 $2" in',
    `  *platform*) echo "${version} ${major} ${minor}" ;;`,
    `  "-c "*) echo ${major}.${minor} ;;`,
    `  "-m venv") mkdir -p "$3/bin" && ln -s "$0" "$3/bin/python" && echo "version = ${version}" > "$3/pyvenv.cfg" ;;`,
    'esac',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o755 });
  return file;
}

test('one of another Python is made anew, and a line says why', async () => {
  const folder = madeWith('raised', '3.98.1', pythonOf('3.99.0'));
  assert.match((await said(folder, { SIGHTLINE_PYTHON: join(root, 'python-3.99.0') }))[0]!, /was made with Python 3\.98\.1, and .* is 3\.99 now; it is made anew/);
  assert.ok(!existsSync(join(folder, 'old')));
  assert.match(readFileSync(join(folder, 'pyvenv.cfg'), 'utf8'), /version = 3\.99\.0/);
});

test('a Python that is gone, or another that is named, is a reason too; an environment that is not there is none', async () => {
  assert.match((await pythonFault(madeWith('gone', real[1], '/nowhere/python3'), undefined))!, /does not run/);
  assert.match((await pythonFault(madeWith('named', real[1], real[0]), pythonOf('3.97.0')))!, /python-3\.97\.0 is 3\.97 now/);
  assert.equal(await pythonFault(join(root, 'nothing'), undefined), null);
});
