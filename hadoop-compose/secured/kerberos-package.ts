/**
 * Sees to the package "kerberos", which only a secured stack needs: npm installs it without its binary, since packages
 * run no scripts (.npmrc), and compiling it wants headers of MIT Kerberos.
 *
 * cluster/command.ts calls it before it starts anything. As for the other compilers, root on Debian and Ubuntu gets the
 * headers by apt-get; elsewhere one message says what to do.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Say } from '../../core/process/step-log.ts';
import { ClusterError } from '../stack/errors.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BINARY = join(ROOT, 'node_modules', 'kerberos', 'build', 'Release', 'kerberos.node');
const LIMIT_MS = 300_000;

export async function ensureKerberos(say: Say): Promise<void> {
  if (existsSync(BINARY)) return;
  if (!hasHeaders() && process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    say('kerberos', 'installing system packages: libkrb5-dev');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'libkrb5-dev'], { env }).catch(
      () => undefined,
    );
  }
  if (!hasHeaders())
    throw new ClusterError(
      'A secured stack needs the headers of MIT Kerberos, to compile the package "kerberos". ' +
        'Debian and Ubuntu: sudo apt-get install libkrb5-dev; Red Hat: dnf install krb5-devel.',
    );
  say('kerberos', 'compiling the package "kerberos" (once; half a minute)');
  const { compilerEnvironment } = (await import('../setup/native.mjs' as string)) as {
    compilerEnvironment: () => NodeJS.ProcessEnv;
  };
  const fault = await run('npm', ['rebuild', 'kerberos', '--ignore-scripts=false'], {
    cwd: ROOT,
    env: compilerEnvironment(),
    timeout: LIMIT_MS,
  }).then(
    () => null,
    (thrown: Error) => thrown,
  );
  if (existsSync(BINARY)) return;
  throw new ClusterError(
    `The package "kerberos" could not be compiled${fault ? `: ${fault.message.slice(-600)}` : ''}. ` +
      '"npm rebuild kerberos --ignore-scripts=false" shows more; without the package itself, run npm ci first.',
  );
}

function hasHeaders(): boolean {
  return spawnSync('krb5-config', ['--version'], { stdio: 'ignore' }).status === 0;
}
