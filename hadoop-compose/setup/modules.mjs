/**
 * node_modules from the lock file, with what must be compiled: once, and again when the lock file or Node itself
 * changes.
 *
 * Packages run no scripts when they are installed (.npmrc); those that package.json allows are compiled by name
 * afterwards. What is there is read from npm's own list in node_modules (installed.mjs) and from what was compiled
 * (native.mjs), so the second start costs a few small reads, and an installation that a person made with `npm ci` is
 * only completed. Development packages are omitted if the environment says so (`npm run setup --omit=dev`,
 * NODE_ENV=production), or if they are missing and the run does not need them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installedPart, omitsDev } from './installed.mjs';
import { COMPILED, compilerEnvironment, modulesFault } from './native.mjs';
import { ensurePackages } from './packages.mjs';
import { Missing, runLong, say } from './steps.mjs';

/** `isProduction`: what runs next needs no development packages. `runsStack`: it needs the daemons and the cameras. */
export async function ensureModules(root, { isProduction, runsStack }) {
  const part = installedPart(root);
  const isThere = part === 'all' || (part === 'production' && isProduction);
  const fault = existsSync(join(root, 'node_modules')) ? modulesFault(root) : null;
  if (isThere && fault === null) return;
  refuseBlanks(root);
  ensurePackages(['compiler', 'python']);
  if (isThere) say(`${fault} It is compiled now (once; two to four minutes)`);
  else await install(root, isProduction && omitsDev(), fault);
  await compile(root, runsStack);
  const still = modulesFault(root);
  if (still !== null) {
    throw new Missing(
      `npm ended well, and yet: ${still}\nAn option "nodedir" or "target" of npm may name another Node: ` +
        '"npm config get nodedir" tells.',
    );
  }
  say('node modules are installed');
}

async function install(root, withoutDev, fault) {
  if (fault !== null) say(`${fault} They are installed anew`);
  say(
    `installing node modules${withoutDev ? ' without those of development' : ''} and compiling librdkafka (once; ` +
      'two to four minutes)',
  );
  const kind = withoutDev ? '--omit=dev' : '--include=dev';
  await npmRun('npm ci', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', kind], root);
}

/** Runs the scripts of these packages only. Compilers keep one core busy, so what waits for servers runs beside. */
async function compile(root, runsStack) {
  const allowed = scriptsAllowed(root).filter((name) => COMPILED.includes(name));
  const failed = new AbortController();
  const fetching = runsStack ? fetchBeside(root, failed.signal) : null;
  try {
    await npmRun(`compiling ${allowed.join(', ')}`, ['rebuild', ...allowed, '--ignore-scripts=false'], root);
  } catch (fault) {
    failed.abort();
    throw fault;
  } finally {
    await fetching;
  }
}

/** Jars and Python packages. If that fails, whoever needs them fetches again and says why it cannot. */
function fetchBeside(root, until) {
  const args = ['--import', 'tsx', join('hadoop-compose', 'setup', 'fetch.ts')];
  const options = { cwd: root, tolerate: true, until, order: 'SIGTERM' };
  return runLong('fetching jars and Python packages', process.execPath, args, options);
}

/** Names of the packages whose scripts package.json allows. */
export function scriptsAllowed(root) {
  const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.keys(allowScripts).filter((name) => allowScripts[name] === true);
}

async function npmRun(what, args, root) {
  const [program, ...first] = npm();
  await runLong(what, program, [...first, ...args], { cwd: root, env: compilerEnvironment() });
}

/** The npm that came with the Node that runs, run by it; else the first on PATH. */
function npm() {
  const own = join(dirname(dirname(process.execPath)), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return existsSync(own) ? [process.execPath, own] : ['npm'];
}

/** librdkafka's makefiles do not quote paths, so make would end a path at its first blank. */
function refuseBlanks(root) {
  if (/\s/.test(root))
    throw new Missing(
      `This clone lies in "${root}", whose name holds a blank; librdkafka cannot be compiled there. ` +
        'Move it to a path without blanks.',
      2,
    );
}
