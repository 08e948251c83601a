/**
 * Whether node_modules are there and were compiled for the Node that runs.
 *
 * The set-up asks it before it trusts its own marker. sightline.mjs asks it before it loads anything, because
 * `npx sightline` and the services of a cluster do not run the set-up. node-gyp leaves its configuration beside each
 * binary. Reading it takes a millisecond; loading a binary of another Node would end the process with a stack trace.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Packages that are compiled for one version of Node; the other native packages use Node-API, which stays the same. */
export const COMPILED = ['node-rdkafka'];
/** Packages that a secured stack compiles for itself (hadoop-compose/secured/kerberos-package.ts). */
export const COMPILED_ON_DEMAND = ['kerberos'];
/** The last file that the compilation writes: if it is missing, the compilation did not finish. */
const BINARY = { 'node-rdkafka': 'node-librdkafka.node' };
const NEEDED = ['tsx', 'commander', ...COMPILED];
/** 22.13 and 24 are the first of their lines that the packages of `npm run check` take. */
const LEAST_MINOR = { 20: 19, 22: 13 };
const SUPPORTED = '20.19 or later of its line, 22.13 or later of its line, or 24 and later';

/** What is wrong with the Node that runs, or null. */
export function nodeFault(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const isSupported = major >= 24 || minor >= (LEAST_MINOR[major] ?? Infinity);
  return isSupported ? null : `Node is ${version}; needed is ${SUPPORTED}.`;
}

/** A sentence that says what is wrong with the modules, or null. */
export function modulesFault(root, abi = process.versions.modules, version = process.versions.node) {
  const modules = join(root, 'node_modules');
  const missing = NEEDED.find((name) => !existsSync(join(modules, name, 'package.json')));
  if (missing !== undefined) return `Node modules are not installed (${missing} is missing in ${modules}).`;
  for (const name of COMPILED) {
    if (!existsSync(join(modules, name, 'build', 'Release', BINARY[name])))
      return `${name} is not compiled (${join(modules, name, 'build')}).`;
    const made = compiledFor(join(modules, name));
    if (made !== null && made !== abi)
      return `${name} was compiled for another Node (${lineOf(made)}); this is Node ${version} (${lineOf(abi)}).`;
  }
  return null;
}

/** The ABI that node-gyp compiled for, or null if it left no word. */
function compiledFor(folder) {
  try {
    return (
      /"node_module_version":\s*(\d+)/.exec(readFileSync(join(folder, 'build', 'config.gypi'), 'utf8'))?.[1] ?? null
    );
  } catch {
    return null;
  }
}

const LINES = { 115: 20, 127: 22, 137: 24 };
const lineOf = (abi) => (LINES[abi] ? `line ${LINES[abi]}, ABI ${abi}` : `ABI ${abi}`);

/**
 * Environment for whatever compiles: headers of the Node that runs, and one job at a time, since librdkafka's makefile
 * does not wait for its configuration step. Headers beside Node are used only if they belong to it; a setting of npm
 * may name others. node-gyp reads the number of jobs from the package's settings, then from npm's, then from JOBS;
 * npm 11 warns about `jobs` among its own settings, so that one is taken away.
 */
export function compilerEnvironment(
  environment = process.env,
  running = process.execPath,
  abi = process.versions.modules,
) {
  const oneJob = { MAKEFLAGS: '', JOBS: '1', npm_package_config_node_gyp_jobs: '1' };
  const settled = { ...environment, ...oneJob, NODE_ENV: 'development' };
  delete settled.npm_config_jobs;
  const prefix = dirname(dirname(running));
  if (headersOf(prefix) === abi) return { ...settled, npm_config_nodedir: prefix };
  const named = environment.npm_config_nodedir;
  if (named && headersOf(named) !== abi) delete settled.npm_config_nodedir;
  return settled;
}

function headersOf(prefix) {
  try {
    return (
      /#define NODE_MODULE_VERSION (\d+)/.exec(
        readFileSync(join(prefix, 'include', 'node', 'node_version.h'), 'utf8'),
      )?.[1] ?? null
    );
  } catch {
    return null;
  }
}
