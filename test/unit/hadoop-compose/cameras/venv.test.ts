// An environment that another Python made is noticed and made anew; one that fits is left alone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { Refusal } from '../../../../core/process/errors.ts';
import { environmentOf, pythonFault } from '../../../../hadoop-compose/cameras/venv.ts';

const root = mkdtempSync(join(tmpdir(), 'sightline-größe-'));
after(() => rmSync(root, { recursive: true, force: true }));
const real = execFileSync('python3', ['-c', 'import sys, platform; print(sys.executable, platform.python_version())'], {
  encoding: 'utf8',
})
  .trim()
  .split(' ') as [string, string];

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
  assert.match(
    (await said(folder, { SIGHTLINE_PYTHON: join(root, 'python-3.99.0') }))[0]!,
    /was made with Python 3\.98\.1, and .* is 3\.99 now; it is made anew/,
  );
  assert.ok(!existsSync(join(folder, 'old')));
  assert.match(readFileSync(join(folder, 'pyvenv.cfg'), 'utf8'), /version = 3\.99\.0/);
});

test('a Python that is gone, or another that is named, is a reason too; an environment that is not there is none', async () => {
  assert.match((await pythonFault(madeWith('gone', real[1], '/nowhere/python3'), undefined))!, /does not run/);
  assert.match(
    (await pythonFault(madeWith('named', real[1], real[0]), pythonOf('3.97.0')))!,
    /python-3\.97\.0 is 3\.97 now/,
  );
  assert.equal(await pythonFault(join(root, 'nothing'), undefined), null);
});

/** A package of one empty module, as pip takes it from a folder. */
function wheelOf(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'sightline_probe-1.0-py3-none-any.whl');
  const script = [
    'import sys, zipfile',
    'with zipfile.ZipFile(sys.argv[1], "w") as wheel:',
    '    wheel.writestr("sightline_probe.py", "")',
    '    wheel.writestr("sightline_probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: sightline-probe\\nVersion: 1.0\\n")',
    '    wheel.writestr("sightline_probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")',
    '    wheel.writestr("sightline_probe-1.0.dist-info/RECORD", "")',
  ];
  execFileSync('python3', ['-c', script.join('\n'), file]);
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

test('a package is installed if it is the one that was written down, and refused with another hash or with none', async () => {
  const wheels = join(root, 'wheels');
  const hash = wheelOf(wheels);
  const folder = join(root, 'hashed');
  const source = `--no-index\n--find-links ${wheels}\n`;
  const requirements = (name: string, line: string): string => {
    writeFileSync(join(root, name), `${source}${line}\n`);
    return join(root, name);
  };
  const other = requirements('other.txt', `sightline-probe==1.0 --hash=sha256:${'0'.repeat(64)}`);
  const none = requirements('none.txt', 'sightline-probe==1.0');
  for (const file of [other, none]) {
    await assert.rejects(
      environmentOf(folder, [file], { say: () => undefined }),
      (fault) =>
        fault instanceof Refusal && fault.exitCode === 5 && fault.message.includes(`whose hash stands in ${file}`),
    );
    assert.ok(!existsSync(join(folder, `installed-${basename(file)}`)));
  }
  const python = await environmentOf(
    folder,
    [requirements('right.txt', `sightline-probe==1.0 --hash=sha256:${hash}`)],
    { say: () => undefined },
  );
  execFileSync(python, ['-c', 'import sightline_probe']);
});
