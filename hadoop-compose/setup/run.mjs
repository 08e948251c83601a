#!/usr/bin/env node
/**
 * Behind `npm start`, `npm test`, `npm run check` and `npm run bench`: set up what is missing, then run.
 *
 * Plain JavaScript with nothing but Node, since on a fresh clone there is nothing else yet. Everything after the set-up
 * is TypeScript and runs in this same process, so that signals reach it directly.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { settleEnvironment } from './environment.mjs';
import { ensureModules } from './modules.mjs';
import { nodeFault } from './native.mjs';
import { ensurePackages } from './packages.mjs';
import { Missing, say } from './steps.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Optional in packages.mjs: who asks for them and has none hears so from the command. */
const OBSERVERS = ['prometheus', 'alertmanager'];
const NEEDS = {
  start: ['java', 'maven', 'python'],
  test: ['java', 'maven', 'python', 'browser', 'systemd', ...OBSERVERS],
  'test:faults': ['java', 'maven', 'python', ...OBSERVERS],
  'test:soak': ['java', 'maven', 'python'],
  'test:cassandra': ['java', 'maven', 'compiler', 'nftables'],
  'test:spark': ['java', 'maven', 'python'],
  'test:upgrade': ['java', 'maven', 'python'],
  bench: ['java', 'maven', 'python'],
  check: [],
  setup: ['java', 'maven', 'python', 'browser'],
};
/** Commands that need no development packages. */
const PRODUCTION = ['start', 'setup'];
const ENTRY = {
  start: 'sightline.mjs',
  bench: 'bench/run.mjs',
  test: 'test/run.mjs',
  check: 'test/run.mjs',
  'test:faults': 'test/run.mjs',
  'test:soak': 'test/run.mjs',
  'test:cassandra': 'test/run.mjs',
  'test:spark': 'test/run.mjs',
  'test:upgrade': 'test/run.mjs',
};

const [what = 'start', ...args] = process.argv.slice(2);
try {
  if (!(what in NEEDS)) throw new Missing(`"${what}" is none of ${Object.keys(NEEDS).join(', ')}`);
  const fault = nodeFault();
  if (fault !== null) throw new Missing(fault);
  settleEnvironment(root);
  ensurePackages([...NEEDS[what], ...(args.includes('--observe') ? OBSERVERS : [])]);
  await ensureModules(root, { isProduction: PRODUCTION.includes(what), runsStack: NEEDS[what].includes('maven') });
  if (what === 'start' && process.getuid?.() === 0)
    say(
      'you start this as root, so the daemons and all parts run as root. They do not need that: ' +
        'another user who owns the clone can start them (docs/decisions/0011-access.md)',
    );
  if (ENTRY[what]) {
    process.argv = [process.argv[0], join(root, ENTRY[what]), what, ...args];
    await import(pathToFileURL(join(root, ENTRY[what])).href);
  }
} catch (fault) {
  if (!(fault instanceof Missing)) throw fault;
  process.stderr.write(`${fault.message}\n`);
  process.exit(fault.exitCode);
}
