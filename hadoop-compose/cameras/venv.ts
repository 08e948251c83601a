/**
 * Python environments below `.sightline`, made once, from requirements with hashes (`npm run lock:python` writes them):
 * the cameras' own, and Spark's beside it.
 *
 * The set-up and `sightline produce` call ensureVenv, `sightline spark setup` environmentOf; after the first time it
 * costs a few small reads and one question to its Python. A requirements file counts as installed when its hash, with
 * Python's version, stands in the environment. Changes are installed in place, under a lock, because cameras may be
 * running from it; only another Python starts it anew.
 */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EXIT, Refusal, Retryable } from '../../core/process/errors.ts';
import { endGroupWith, groupOf } from '../../core/process/group.ts';
import { holdLock } from '../../core/process/lock.ts';
import { sayOn } from '../../core/process/step-log.ts';
import type { Say } from '../../core/process/step-log.ts';

export interface VenvWishes {
  /** Also pandas, pyarrow and DuckDB, to read the lake with. */
  readonly analysis?: boolean;
  /** Also Pillow and PyAV, with which the cameras draw and film. */
  readonly footage?: boolean;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly say?: Say;
  /** Ends what is under way: throws its reason. */
  readonly signal?: AbortSignal;
}

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const LEAST_VERSION = [3, 11] as const;
const ASK_TIMEOUT_MS = 20_000;
/** Seconds on an idle machine; two minutes and more were seen where others compiled. */
const MAKE_TIMEOUT_MS = 600_000;
const INSTALL_TIMEOUT_MS = 900_000;
/** A Python that was told to end may still write into the folder, so removing it is tried again. */
const REMOVE_ALL = { recursive: true, force: true, maxRetries: 10, retryDelay: 300 };
const SHOWN_LINES_OF_PIP = 15;
/**
 * Installs only what has a hash in the file. That holds for build tools too: pip would fetch them without a check for a
 * package that comes as source.
 */
const ONLY_WHAT_IS_WRITTEN = ['--require-hashes', '--no-build-isolation'];
/** How pip begins to say that a file is not the one whose hash was written down. */
const OTHER_HASH = /DO NOT MATCH THE HASHES|require(?:s|ments)?[^\n]* hash/i;

/** Returns the path of the environment's python, after making or completing the environment where needed. */
export async function ensureVenv(wishes: VenvWishes = {}): Promise<string> {
  const environment = wishes.environment ?? process.env;
  const folder = join(resolve(environment.SIGHTLINE_HOME || join(repository, '.sightline')), 'venv');
  const files = [
    'requirements.txt',
    ...(wishes.analysis === true ? ['requirements-analysis.txt'] : []),
    ...(wishes.footage === true ? ['requirements-footage.txt'] : []),
  ];
  return environmentOf(
    folder,
    files.map((file) => join(here, file)),
    wishes,
  );
}

/** The same for an environment in another folder; requirements are files by their paths. */
export async function environmentOf(
  folder: string,
  files: readonly string[],
  wishes: Omit<VenvWishes, 'analysis' | 'footage'> = {},
): Promise<string> {
  const environment = wishes.environment ?? process.env;
  const python = join(folder, 'bin', 'python');
  const fault = await pythonFault(folder, environment.SIGHTLINE_PYTHON);
  if (fault === null && (await allInstalled(folder, files))) return python;

  const { signal } = wishes;
  const release = await holdLock({ folder: `${folder}.lock` }, 'making the Python environment', signal);
  try {
    const say = wishes.say ?? sayOn();
    if (fault !== null) say('python', `${fault}; it is made anew`);
    const base = environment.SIGHTLINE_PYTHON || 'python3';
    await make(base, folder, say, signal);
    for (const file of files) {
      signal?.throwIfAborted();
      if (!(await isInstalled(folder, file))) await install({ python, folder, file }, say, signal);
    }
    return python;
  } finally {
    await release();
  }
}

/**
 * What is wrong with the Python of an environment that is there, or null. Packages lie in a folder of one minor
 * version: after the machine's Python was raised or removed, or another was named, they are not found, or do not load.
 */
export async function pythonFault(folder: string, named: string | undefined): Promise<string | null> {
  const made = madeWith(await textOf(join(folder, 'pyvenv.cfg')));
  if (made === undefined) return null;
  for (const python of [join(folder, 'bin', 'python'), ...(named ? [named] : [])]) {
    const now = await minorOf(python);
    if (now !== minor(made))
      return `${folder} was made with Python ${made}, and ${python} ${now === null ? 'does not run' : `is ${now} now`}`;
  }
  return null;
}

const madeWith = (pyvenv: string | undefined): string | undefined => /^version\s*=\s*(\S+)/m.exec(pyvenv ?? '')?.[1];
const minor = (version: string): string => version.split('.').slice(0, 2).join('.');

async function minorOf(python: string): Promise<string | null> {
  return run(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { timeout: ASK_TIMEOUT_MS }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

async function allInstalled(folder: string, files: readonly string[]): Promise<boolean> {
  return (await Promise.all(files.map((file) => isInstalled(folder, file)))).every(Boolean);
}

async function isInstalled(folder: string, file: string): Promise<boolean> {
  const marker = await textOf(markerOf(folder, file));
  return marker !== undefined && marker === (await wantedMarker(folder, file));
}

const markerOf = (folder: string, file: string): string => join(folder, `installed-${basename(file)}`);

async function wantedMarker(folder: string, file: string): Promise<string> {
  const pyvenv = (await textOf(join(folder, 'pyvenv.cfg'))) ?? '';
  const version = madeWith(pyvenv) ?? 'unknown';
  const requirements = await readFile(file);
  return createHash('sha256').update(requirements).update(version).digest('hex');
}

async function make(base: string, folder: string, say: Say, signal?: AbortSignal): Promise<void> {
  const version = await versionOf(base);
  const pyvenv = await textOf(join(folder, 'pyvenv.cfg'));
  if (pyvenv?.includes(`version = ${version}`) && (await works(join(folder, 'bin', 'python')))) return;
  say('python', `making ${folder} with Python ${version}`);
  await rm(folder, REMOVE_ALL);
  await mkdir(folder, { recursive: true });
  try {
    await run(base, ['-m', 'venv', folder], { timeout: MAKE_TIMEOUT_MS, ...(signal ? { signal } : {}) });
  } catch (fault) {
    await rm(folder, REMOVE_ALL);
    signal?.throwIfAborted();
    throw new Refusal(
      EXIT.dependency_down,
      `'${base} -m venv ${folder}' failed: ${printedBy(fault)}\n${remedy}`,
      fault,
    );
  }
}

const remedy =
  'Python 3.11 or later with venv and pip is needed; on Debian and Ubuntu: apt-get install python3 python3-venv. ' +
  'SIGHTLINE_PYTHON names another interpreter.';

async function versionOf(base: string): Promise<string> {
  const ask = 'import sys, platform, venv, ensurepip; print(platform.python_version(), *sys.version_info[:2])';
  let answer: string;
  try {
    answer = (await run(base, ['-c', ask], { timeout: ASK_TIMEOUT_MS })).stdout;
  } catch (fault) {
    const missing = (fault as NodeJS.ErrnoException).code === 'ENOENT';
    const found = missing ? `${base} was not found.` : `${base} cannot make an environment: ${printedBy(fault)}.`;
    throw new Refusal(EXIT.dependency_down, `${found} ${remedy}`, fault);
  }
  const [version = '', major = '0', minor = '0'] = answer.trim().split(' ');
  if (Number(major) !== LEAST_VERSION[0] || Number(minor) < LEAST_VERSION[1]) {
    throw new Refusal(EXIT.dependency_down, `${base} is Python ${version}. ${remedy}`);
  }
  return version;
}

async function works(python: string): Promise<boolean> {
  return run(python, ['-c', 'import pip'], { timeout: ASK_TIMEOUT_MS }).then(
    () => true,
    () => false,
  );
}

/** Into which environment the packages of which file go. */
interface Installation {
  readonly python: string;
  readonly folder: string;
  readonly file: string;
}

async function install({ python, folder, file }: Installation, say: Say, signal?: AbortSignal): Promise<void> {
  const wanted = (await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('==')).length;
  say('python', `installing ${wanted} packages of ${basename(file)} (once; about a minute)`);
  let got = 0;
  const status = await pip(
    python,
    ['install', '--no-input', ...ONLY_WHAT_IS_WRITTEN, '-r', file],
    (line) => {
      if (!line.startsWith('Collecting ')) return;
      got += 1;
      if (process.stderr.isTTY) process.stderr.write(`\r  ${got}/${wanted} ${line.slice(11).padEnd(50)}`);
    },
    signal,
  );
  if (process.stderr.isTTY) process.stderr.write(`\r${' '.repeat(64)}\r`);
  signal?.throwIfAborted();
  if (status.code !== 0 && OTHER_HASH.test(status.tail)) {
    throw new Refusal(
      EXIT.dependency_down,
      `A package is not the one whose hash stands in ${file}; nothing of it was installed. ` +
        'Look at where pip gets its packages (pip config list), ' +
        `or run \`npm run lock:python\` if a package was added by hand. pip said:\n${status.tail}`,
    );
  }
  if (status.code !== 0) {
    throw new Retryable(
      'Python packages',
      `pip could not install ${file} (exit ${status.code}); its last lines:\n${status.tail}`,
    );
  }
  await writeFile(markerOf(folder, file), await wantedMarker(folder, file));
  say('python', `${basename(file)} is installed`);
}

function pip(
  python: string,
  args: string[],
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<{ code: number; tail: string }> {
  return new Promise((done, fail) => {
    const child = spawn(python, ['-m', 'pip', '--disable-pip-version-check', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_TIMEOUT_MS,
      ...groupOf(signal),
    });
    endGroupWith(child, signal);
    const lines: string[] = [];
    const take = (chunk: Buffer): void => {
      for (const line of chunk.toString('utf8').split('\n').filter(Boolean)) {
        onLine(line);
        lines.push(line);
        if (lines.length > SHOWN_LINES_OF_PIP) lines.shift();
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', fail);
    child.on('close', (code) => done({ code: code ?? 1, tail: lines.join('\n') }));
  });
}

function printedBy(fault: unknown): string {
  const { stderr, stdout, message } = fault as { stderr?: string; stdout?: string; message?: string };
  return (stderr?.trim() || stdout?.trim() || message || String(fault)).split('\n').slice(-6).join('\n');
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
