/**
 * Whether node_modules are there and were compiled for the Node that runs.
 *
 * The set-up asks it before it trusts its own marker, and sightline.mjs before it loads anything, since `npx sightline`
 * and the services of a cluster go past the set-up. node-gyp leaves beside each binary the configuration that it
 * compiled with; reading it costs a millisecond, loading the binary of another Node ends the process with a stack
 * trace.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What is tied to one Node; the other native packages speak Node-API, which stays the same. */
export const COMPILED = ['node-rdkafka'];
/** The last that their compilation makes: without it, it was not finished. */
const BINARY = { 'node-rdkafka': 'node-librdkafka.node' };
const NEEDED = ['tsx', 'commander', ...COMPILED];
/** 22.13 and 24 are the first of their lines that the packages of `npm run check` take. */
const LEAST_MINOR = { 20: 19, 22: 13 };
export const SUPPORTED = '20.19 or later of its line, 22.13 or later of its line, or 24 and later';

/** What is wrong with the Node that runs, or null. */
export function nodeFault(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  const isSupported = major >= 24 || minor >= (LEAST_MINOR[major] ?? Infinity);
  return isSupported ? null : `Node is ${version}; needed is ${SUPPORTED}.`;
}

/** What is wrong with the modules, in a sentence, or null. */
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
 * Environment for whatever compiles: headers of the Node that runs, and one job at a time, since librdkafka's
 * configuration is a step that its makefile does not wait for. Headers beside Node are taken only if they are its own;
 * a setting of npm may name others.
 */
export function compilerEnvironment(
  environment = process.env,
  running = process.execPath,
  abi = process.versions.modules,
) {
  const settled = { ...environment, MAKEFLAGS: '', JOBS: '1', npm_config_jobs: '1', NODE_ENV: 'development' };
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
