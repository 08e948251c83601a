/**
 * Builds the Next.js app if its build is missing or belongs to other sources.
 *
 * `sightline serve` and `npm start` call it before they serve. A fingerprint of all sources identifies the build,
 * because file times say nothing after a checkout. A failed build leaves no fingerprint, so it is repeated. Several
 * processes may start at once: one builds, under a lock, and the others serve what it built. A second build would take
 * away the files that the first process serves already.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { endGroupWith, groupOf } from '../../core/process/group.ts';
import { holdLock } from '../../core/process/lock.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const APP_FOLDER = join(ROOT, 'dashboard-next');
const FINGERPRINT_FILE = join(APP_FOLDER, '.next', 'sightline-fingerprint');
const SOURCES = ['core', 'serving', 'dashboard-next', 'tsconfig.json', 'package-lock.json'];
const NOT_SOURCES = new Set(['.next', 'node_modules', 'next-env.d.ts', 'tsconfig.tsbuildinfo']);

const LOCK = { folder: join(ROOT, '.sightline', 'app-build.lock') };

/**
 * Resolves when the build belongs to these sources; `report` gets messages about slow steps. Throws a Refusal with the
 * end of the build's output, or the signal's reason if the signal aborts.
 */
export async function ensureBuilt(report: (who: string, what: string) => void, signal?: AbortSignal): Promise<void> {
  // Another major version of Node needs another build.
  const expected = `${fingerprintOf(SOURCES.map((source) => join(ROOT, source)))} ${process.versions.modules}`;
  if (expected === builtFingerprint()) return;
  report('app', 'building the app; this takes about half a minute');
  await oneBuild(
    LOCK,
    () => expected === builtFingerprint(),
    async () => {
      rmSync(FINGERPRINT_FILE, { force: true });
      const { code, output } = await build(signal);
      signal?.throwIfAborted();
      if (code !== 0)
        throw new Refusal(
          EXIT.bug,
          `The app could not be built: next build ended with exit code ${code}:\n${output.slice(-4_000)}`,
        );
      writeFileSync(FINGERPRINT_FILE, expected);
    },
    signal,
  );
  report('app', 'is built');
}

/** Builds if nobody else of this machine has built by the time that it is this process's turn. */
export async function oneBuild(
  lock: { readonly folder: string },
  isBuilt: () => boolean,
  make: () => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const release = await holdLock(lock, 'building the app', signal);
  try {
    if (!isBuilt()) await make();
  } finally {
    await release();
  }
}

function builtFingerprint(): string | null {
  try {
    return readFileSync(FINGERPRINT_FILE, 'utf8');
  } catch {
    return null;
  }
}

export function fingerprintOf(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesOf))
    hash.update(relative(ROOT, path)).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function filesOf(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter(({ name }) => !NOT_SOURCES.has(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => (entry.isDirectory() ? filesOf(join(path, entry.name)) : [join(path, entry.name)]));
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOTDIR') return [path];
    throw fault;
  }
}

async function build(signal?: AbortSignal): Promise<{ code: number | null; output: string }> {
  const next = createRequire(join(APP_FOLDER, 'package.json')).resolve('next/dist/bin/next');
  const child = spawn(process.execPath, [next, 'build', APP_FOLDER], {
    cwd: ROOT,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...groupOf(signal),
  });
  endGroupWith(child, signal);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, output };
}
