/**
 * node_modules from the lock file, native parts compiled: once, and again when the lock file or Node itself changes.
 *
 * A marker inside node_modules holds the lock file's hash and Node's ABI, so that the second start costs two small reads. What was
 * compiled is looked at all the same: `npm rebuild` with another Node leaves the marker as it was.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compilerEnvironment, modulesFault } from './native.mjs';
import { ensurePackages } from './packages.mjs';
import { Missing, runLong, say } from './steps.mjs';

export async function ensureModules(root) {
  const marker = join(root, 'node_modules', '.sightline-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.versions.modules} ${process.platform} ${process.arch}`)
    .digest('hex');
  const fault = existsSync(join(root, 'node_modules')) ? modulesFault(root) : null;
  if (fault === null && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  refuseBlanks(root);
  ensurePackages(['compiler', 'python']);
  if (fault !== null) say(`${fault} They are installed anew`);
  say('installing node modules and compiling librdkafka (once; two to four minutes)');
  const [program, ...first] = npm();
  await runLong('npm ci', program, [...first, 'ci', '--no-audit', '--no-fund', '--include=dev'], { cwd: root, env: compilerEnvironment() });
  const still = modulesFault(root);
  if (still !== null) {
    throw new Missing(`npm ci ended well, and yet: ${still}\nAn option "nodedir" or "target" of npm may name another Node: "npm config get nodedir" tells.`);
  }
  writeFileSync(marker, wanted);
  say('node modules are installed');
}

/** The npm that came with the Node that runs, run by it; else the first on PATH. */
function npm() {
  const own = join(dirname(dirname(process.execPath)), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return existsSync(own) ? [process.execPath, own] : ['npm'];
}

/** make takes a blank for the end of a name, and librdkafka's makefiles do not quote. */
function refuseBlanks(root) {
  if (/\s/.test(root)) throw new Missing(`This clone lies in "${root}", whose name holds a blank; librdkafka cannot be compiled there. Move it to a path without blanks.`, 2);
}
