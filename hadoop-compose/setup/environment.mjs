/**
 * The environment that every program that we start inherits: `npm start` and `sightline` set it before anything else.
 *
 * Three things differ from machine to machine: proxies (no program may ask this machine itself through one), the locale
 * (Java reads and writes names of files in the encoding of the locale), and the Node that scripts of packages find (it
 * must be the Node that runs). Plain JavaScript, because it runs before there are node modules.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Missing } from './steps.mjs';

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
const THIS_MACHINE = ['localhost', '127.0.0.1', '127.0.0.0/8', '::1', '[::1]'];

/** Changes `environment` in place. Throws Missing (exit code 2) where it cannot work. */
export function settleEnvironment(root, environment = process.env) {
  settleProxies(environment);
  settlePath(environment);
  settleLocale(environment, [root, environment.SIGHTLINE_HOME ?? '', environment.SIGHTLINE_JARS ?? '']);
}

/** Both spellings of each variable, since programs read one or the other; and NO_PROXY names this machine. */
export function settleProxies(environment) {
  for (const name of PROXIES)
    both(environment, name, environment[name.toLowerCase()] || environment[name] || forAll(environment, name));
  if (!PROXIES.some((name) => environment[name])) return;
  const excepted = (environment.no_proxy || environment.NO_PROXY || '').split(/[\s,]+/).filter(Boolean);
  both(environment, 'NO_PROXY', [...new Set([...excepted, ...(excepted.includes('*') ? [] : THIS_MACHINE)])].join(','));
}

function both(environment, name, value) {
  if (!value) return;
  environment[name] = value;
  environment[name.toLowerCase()] = value;
}

/** npm, pip and apt-get do not read ALL_PROXY, so its value goes to HTTP_PROXY and HTTPS_PROXY if these are not set. */
function forAll(environment, name) {
  const all = environment.all_proxy || environment.ALL_PROXY || '';
  return name !== 'ALL_PROXY' && /^https?:\/\//i.test(all) ? all : '';
}

/**
 * Scripts of packages begin with `env node`. The first Node on PATH must be the Node that runs, or they compile for
 * another one.
 */
export function settlePath(environment, running = process.execPath) {
  const folders = (environment.PATH ?? '').split(delimiter).filter(Boolean);
  const first = folders.map((folder) => join(folder, 'node')).find(isProgram);
  if (first !== undefined && realpathSync(first) === realpathSync(running)) return;
  environment.PATH = [dirname(running), ...folders].join(delimiter);
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A UTF-8 locale, if the paths need one and the environment's is none or is not installed. */
export function settleLocale(environment, paths, installed = installedLocales) {
  const path = paths.find((one) => /[^\x20-\x7e]/.test(one));
  if (path === undefined || process.platform !== 'linux') return;
  const locales = installed();
  const wanted = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || 'C';
  if (isUtf8(wanted) && locales.some((one) => sameLocale(one, wanted))) return;
  const found = locales.find((one) => sameLocale(one, 'C.UTF-8')) ?? locales.find(isUtf8);
  if (found === undefined) {
    throw new Missing(
      `${path} has letters that Java cannot read here: this machine has no UTF-8 locale ("locale -a" lists them).\n` +
        'Install one (Debian and Ubuntu: apt-get install locales), or use a folder whose name is plain ASCII.',
      2,
    );
  }
  environment.LC_ALL = found;
}

const isUtf8 = (locale) => /\.utf-?8(@|$)/i.test(locale);
const sameLocale = (a, b) => a.toLowerCase().replace('utf-8', 'utf8') === b.toLowerCase().replace('utf-8', 'utf8');

/** Where there is no `locale`, as with musl, there is no other encoding than UTF-8. */
function installedLocales() {
  const { status, stdout } = spawnSync('locale', ['-a'], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? stdout.split('\n').filter(Boolean) : ['C.UTF-8'];
}
