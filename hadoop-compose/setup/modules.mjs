/**
 * node_modules from the lock file, native parts compiled: once, and again when the lock file or Node itself changes.
 *
 * A marker inside node_modules holds the lock file's hash and Node's ABI, so that the second start costs one small read.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensurePackages } from './packages.mjs';
import { runLong, say } from './steps.mjs';

export async function ensureModules(root) {
  const marker = join(root, 'node_modules', '.sightline-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.versions.modules} ${process.platform} ${process.arch}`)
    .digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  ensurePackages(['compiler', 'python']);
  say('installing node modules and compiling librdkafka (once; two to four minutes)');
  await runLong('npm ci', 'npm', ['ci', '--no-audit', '--no-fund', '--include=dev'], { cwd: root, env: buildEnvironment() });
  writeFileSync(marker, wanted);
  say('node modules are installed');
}

/**
 * Node's own headers where they lie beside it, so that a native build needs no download; and one make job at a time, since
 * librdkafka's configuration is a step that its makefile does not wait for.
 */
function buildEnvironment() {
  const prefix = dirname(dirname(process.execPath));
  const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node.h'));
  const env = { ...process.env, MAKEFLAGS: '', JOBS: '1', NODE_ENV: 'development' };
  return hasHeaders ? { ...env, npm_config_nodedir: prefix } : env;
}
