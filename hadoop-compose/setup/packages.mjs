/**
 * What must be on the machine before anything of ours can run: compilers, Java, Maven, Python, a browser.
 *
 * On Debian and its derivatives root installs what is missing; everywhere else one message names all of it. Plain
 * JavaScript, because it runs before there are node modules.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run, Missing, say } from './steps.mjs';

/** name: what a person calls it; has: whether it is there; debian: the packages that bring it. */
const NEEDS = {
  compiler: {
    name: 'a C++ tool chain (g++ and make)',
    has: () => works('g++', ['--version']) && works('make', ['--version']),
    debian: ['build-essential', 'libssl-dev', 'zlib1g-dev'],
  },
  python: {
    name: 'Python 3.11 or later with venv and pip',
    has: () => works('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))']),
    debian: ['python3', 'python3-venv', 'python3-pip'],
  },
  java: {
    name: 'a JDK 17 or later',
    has: () => works(process.env.JAVA_HOME ? `${process.env.JAVA_HOME}/bin/java` : 'java', ['-version']),
    debian: ['openjdk-17-jdk-headless'],
  },
  maven: { name: 'Maven', has: () => works('mvn', ['--version']), debian: ['maven'] },
  prometheus: {
    name: 'Prometheus',
    has: () => works(process.env.PROMETHEUS_BIN ?? 'prometheus', ['--version']),
    debian: ['prometheus'],
    optional: true,
  },
  alertmanager: {
    name: 'Alertmanager',
    has: () =>
      [process.env.ALERTMANAGER_BIN ?? 'prometheus-alertmanager', 'alertmanager'].some((name) =>
        works(name, ['--version']),
      ),
    debian: ['prometheus-alertmanager'],
    optional: true,
  },
  // Read by a test of our units; it need not run.
  systemd: {
    name: 'systemd-analyze',
    has: () => works('systemd-analyze', ['--version']),
    debian: ['systemd'],
    optional: true,
  },
  // A test cuts a node of Cassandra off with it.
  nftables: {
    name: 'nftables',
    has: () => works('nft', ['--version']) || works('/usr/sbin/nft', ['--version']),
    debian: ['nftables'],
    optional: true,
  },
  browser: { name: 'Chromium', has: () => browserPath() !== null, debian: ['chromium'], optional: true },
};

/** Installs or names what is missing of these. Throws Missing with one message for a person. */
export function ensurePackages(needs) {
  const missing = needs.filter((need) => !NEEDS[need].has());
  if (missing.length === 0) return;
  const debian = missing.flatMap((need) => NEEDS[need].debian);
  if (canInstall()) {
    // Packages of services (Prometheus) start them at once where systemd runs; offline it does not.
    say(`installing system packages: ${debian.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', SYSTEMD_OFFLINE: '1' };
    run('apt-get', ['update', '-qq'], { env, quiet: true, tolerate: true });
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...debian], {
      env,
      quiet: true,
      tolerate: true,
    });
  }
  const still = missing.filter((need) => !NEEDS[need].optional && !NEEDS[need].has());
  if (still.length === 0) return;
  throw new Missing(
    `This machine lacks: ${still.map((need) => NEEDS[need].name).join('; ')}.\n` +
      `On Debian and Ubuntu: sudo apt-get install ${still.flatMap((need) => NEEDS[need].debian).join(' ')}`,
  );
}

/** A browser of the machine, or null; the tests then use the one that comes as an npm package. */
function browserPath() {
  const named = process.env.CHROMIUM;
  if (named) return existsSync(named) ? named : null;
  return (
    ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path)) ??
    null
  );
}

function canInstall() {
  return process.getuid?.() === 0 && works('apt-get', ['--version']);
}

function works(program, args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
