/**
 * `npm start` on a real terminal, stopped in every way that a person has: Ctrl-C, Ctrl-C again, a closed window, kill
 * -9.
 *
 * Invariant: when the prompt is back, or at the latest a minute later, nothing runs that was started, and what a killed
 * start left behind is taken over by who comes next. Method: a shell in a pseudo-terminal, where Ctrl-C reaches npm and
 * the program both, and npm sends on its own; all processes below the shell are noted before, and looked for after. A
 * stack of its own beside the tests' own.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { after, afterEach, describe, it } from 'node:test';
import { daemonNames } from '../../hadoop-compose/cluster/daemons.ts';
import { clusterDown } from '../../hadoop-compose/cluster/down.ts';
import { pidOf } from '../../hadoop-compose/cluster/processes.ts';
import { stackFrom } from '../../hadoop-compose/stack/stack.ts';
import { ROOT } from '../support/main-job.ts';
import type { Terminal } from '../support/terminal.ts';
import { openTerminal } from '../support/terminal.ts';
import { allProcesses, argsOf } from '../../core/process/process-table.ts';

/** As in cluster.test.ts: further up are the ports that Linux gives to outgoing connections. */
const BESIDE_THE_TESTS = 5_000;
const OFFSET = Number(process.env.SIGHTLINE_PORT_BASE_OFFSET ?? 0) + BESIDE_THE_TESTS;
const environment = {
  ...process.env,
  SIGHTLINE_STACK: 'terminal',
  SIGHTLINE_PORT_BASE_OFFSET: String(OFFSET),
  PORT: String(3_000 + OFFSET),
};
const stack = stackFrom(environment);
const GONE_WITHIN_MS = 60_000;
/** Half a minute where nothing else runs; a machine that is busy with other things takes many times that. */
const READY_WITHIN_MS = 300_000;
const START = 'npm start -- --rate 50 --epoch-seconds 20';
const READY = /Sightline is ready/;

describe('npm start on a terminal', () => {
  const opened: Terminal[] = [];
  const terminal = async (): Promise<Terminal> => {
    const window = await openTerminal(environment, ROOT);
    opened.push(window);
    return window;
  };

  afterEach(async () => {
    for (const window of opened.splice(0)) await window.close();
    await clusterDown(stack, () => undefined, AbortSignal.abort());
  });
  after(() => rmSync(stack.folder, { recursive: true, force: true }));

  it(
    'stops what is being set up at Ctrl-C, and the prompt returns when that is gone',
    { timeout: 400_000 },
    async () => {
      const window = await terminal();
      window.type(START);
      await until('three daemons', () => running().length >= 3, READY_WITHIN_MS);
      const before = window.processes();
      window.interrupt();
      const code = await window.prompt(GONE_WITHIN_MS);
      assert.deepEqual(left(before), []);
      assert.equal(code, 130);
    },
  );

  it(
    'is taken over after kill -9 by the next start, which stops all of it at Ctrl-C',
    { timeout: 900_000 },
    async () => {
      const first = await terminal();
      first.type(START);
      await first.shows(READY, READY_WITHIN_MS);
      const daemons = running();
      const orphans = first.processes();
      kill9(first.processes(), 'start');
      await first.prompt(GONE_WITHIN_MS);
      assert.deepEqual(running(), daemons, 'the daemons outlive who started them');

      const second = await terminal();
      second.type(START);
      await second.shows(/npm start \(process \d+\) was killed; its daemons are taken over/, READY_WITHIN_MS);
      await second.shows(READY, READY_WITHIN_MS);
      assert.deepEqual(running(), daemons, 'none was started anew');
      const before = [...new Set([...orphans, ...second.processes()])];
      second.interrupt();
      const code = await second.prompt(GONE_WITHIN_MS);
      assert.deepEqual(left(before), []);
      assert.equal(code, 0);
    },
  );

  it('stops in order when its window is closed', { timeout: 900_000 }, async () => {
    const window = await terminal();
    window.type(START);
    await window.shows(READY, READY_WITHIN_MS);
    const before = window.processes();
    assert.ok(before.length >= 11, 'npm, the start, four parts with the cameras, and six daemons below or beside it');
    const closedMs = Date.now();
    await window.close();
    await until(
      'the end of all that was started',
      () => left(before).length === 0,
      GONE_WITHIN_MS - (Date.now() - closedMs),
    );
    assert.deepEqual(left(before), []);
  });

  it(
    'kills what is left at a second Ctrl-C, and cluster down what is left after kill -9',
    { timeout: 900_000 },
    async () => {
      const window = await terminal();
      window.type(START);
      await until('all daemons', () => running().length === daemonNames.length, READY_WITHIN_MS);
      const before = window.processes();
      window.interrupt();
      await pause(1_200);
      window.interrupt();
      const askedMs = Date.now();
      const code = await window.prompt(GONE_WITHIN_MS);
      assert.deepEqual(left(before), []);
      assert.equal(code, 130);
      assert.ok(Date.now() - askedMs < 20_000, `took ${Date.now() - askedMs} ms`);

      window.type(START);
      await until('two daemons', () => running().length >= 2, READY_WITHIN_MS);
      const started = window.processes();
      kill9(started, 'start');
      await window.prompt(GONE_WITHIN_MS);
      window.type('npx sightline cluster down');
      await window.shows(/npm start \(process \d+\) had been killed; what it left behind is stopped/, GONE_WITHIN_MS);
      assert.equal(await window.prompt(GONE_WITHIN_MS), 0);
      assert.deepEqual(left(started), []);
    },
  );
});

describe('npm run check on a terminal', () => {
  it('ends its steps at Ctrl-C and begins no other', { timeout: 120_000 }, async () => {
    const window = await openTerminal(environment, ROOT);
    try {
      window.type('npm run check');
      await window.shows(/== together: types, lint, format/, GONE_WITHIN_MS);
      await until(
        'the steps',
        () => window.processes().some((pid) => argsOf(pid).some((arg) => arg.endsWith('tsc'))),
        GONE_WITHIN_MS,
      );
      const before = window.processes();
      window.interrupt();
      assert.equal(await window.prompt(GONE_WITHIN_MS), 130);
      assert.deepEqual(left(before), []);
      assert.doesNotMatch(window.screen(), /== unit tests/);
    } finally {
      await window.close();
    }
  });
});

/** Pids of the daemons that run, by name. */
function running(): [string, number][] {
  return daemonNames.flatMap((name) => {
    const pid = pidOf(stack, name);
    return pid === undefined ? [] : [[name, pid]];
  });
}

/** What still runs of these, or names the stack on its command line. */
function left(pids: readonly number[]): string[] {
  const ofStack = allProcesses().filter(({ args }) =>
    args.some((arg) => arg.includes(`${stack.folder}/`) || arg.endsWith(stack.folder)),
  );
  return [...new Set([...pids, ...ofStack.map(({ pid }) => pid)])].flatMap((pid) => {
    const args = argsOf(pid);
    return args.length === 0 ? [] : [`${pid} ${args.join(' ').slice(0, 200)}`];
  });
}

/** Kills the node process among these that runs `npm start`, as the kernel does when memory is short. */
function kill9(pids: readonly number[], word: string): void {
  const starter = pids.find((pid) => argsOf(pid)[0]?.endsWith('node') && argsOf(pid).includes(word));
  assert.ok(starter, 'npm start runs');
  process.kill(starter, 'SIGKILL');
}

async function until(what: string, holds: () => boolean, limitMs: number): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (!holds()) {
    assert.ok(Date.now() < deadlineMs, `${what} did not come within ${limitMs} ms`);
    await pause(100);
  }
}
