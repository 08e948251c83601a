/**
 * Orders to stop, by an injected clock: what counts as one order, and what as asking again. And how a command ends:
 * with the reason of whatever was thrown, also when that came out of a wait whose signal was aborted.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { afterEach, describe, it, mock, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, Refusal } from '../../../../core/process/errors.ts';
import { runCommand, stopOrders, Stopped } from '../../../../core/process/life.ts';

afterEach(() => {
  mock.restoreAll();
  process.exitCode = undefined;
});

/** Of a command whose wait is aborted for this reason. */
async function endOf(reason: unknown): Promise<{ code: unknown; said: string }> {
  const said: string[] = [];
  mock.method(process.stderr, 'write', (text: string) => said.push(text) > 0);
  const over = new AbortController();
  const ended = runCommand(() => pause(60_000, undefined, { signal: over.signal }));
  over.abort(reason);
  await ended;
  return { code: process.exitCode, said: said.join('') };
}

test('a wait that a refusal ends, ends the command with the words and the code of the refusal', async () => {
  assert.deepEqual(await endOf(new Refusal(EXIT.usage, 'EPOCH_SECONDS is 60, recorded was 20')), {
    code: 2,
    said: 'EPOCH_SECONDS is 60, recorded was 20\n',
  });
});

test('a wait that Ctrl-C ends, ends the command in silence with 130', async () => {
  assert.deepEqual(await endOf(new Stopped()), { code: 130, said: '' });
});

test('a process that something keeps alive behind its command says what that is, and ends with the code of the command', () => {
  const life = new URL('../../../../core/process/life.ts', import.meta.url).href;
  const script = `
    import { endInTime, runCommand } from '${life}';
    setInterval(() => undefined, 1_000);
    await runCommand(async () => 4);
    endInTime(50);`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.equal(status, 4);
  assert.match(stderr, /^The command is over, and 0.05 s later the process still holds .*Timeout; it is ended now.\n$/);
});

describe('orders to stop', () => {
  /** A process whose clock stands still until it is moved. */
  function listening(withParent = false) {
    const source = Object.assign(new EventEmitter(), { ppid: 17 });
    const clock = { ms: 5_000 };
    const { stop, hurry } = stopOrders({ source, now: () => clock.ms, withParent });
    return {
      source,
      /** Sends these orders so long after the one before. */
      after(ms: number, ...orders: string[]): { stop: boolean; hurry: boolean } {
        clock.ms += ms;
        for (const order of orders) source.emit(order);
        return { stop: stop.aborted, hurry: hurry.aborted };
      },
      reason: (): unknown => stop.reason,
    };
  }
  const running = { stop: false, hurry: false };
  const stopping = { stop: true, hurry: false };
  const hurrying = { stop: true, hurry: true };

  it('are none at first', () => {
    assert.deepEqual(listening().after(60_000), running);
  });

  it('are one when the terminal and npm both pass on the same Ctrl-C', () => {
    const { after, reason } = listening();
    assert.deepEqual(after(0, 'SIGINT', 'SIGINT'), stopping);
    assert.deepEqual(after(3, 'SIGINT'), stopping);
    assert.deepEqual(after(996, 'SIGTERM'), stopping, 'whatever comes within a second of the first');
    assert.ok(reason() instanceof Stopped);
  });

  it('are to hurry when a person asks again a second later', () => {
    const { after } = listening();
    assert.deepEqual(after(0, 'SIGINT', 'SIGINT'), stopping);
    assert.deepEqual(after(1_000, 'SIGINT', 'SIGINT'), hurrying);
  });

  it('are to hurry whichever of SIGINT and SIGTERM comes first', () => {
    const { after } = listening();
    assert.deepEqual(after(0, 'SIGTERM'), stopping);
    assert.deepEqual(after(2_000, 'SIGINT'), hurrying);
  });

  it('are to stop, and never to hurry, when the terminal is closed', () => {
    const { after } = listening();
    assert.deepEqual(after(0, 'SIGHUP'), stopping);
    assert.deepEqual(after(30_000, 'SIGHUP'), stopping);
  });

  it('are to stop in order when the terminal is closed on a stop that takes its time', () => {
    const { after } = listening();
    assert.deepEqual(after(0, 'SIGINT'), stopping);
    assert.deepEqual(after(4_000, 'SIGHUP', 'SIGHUP'), stopping);
  });

  it('are to hurry at once with SIGQUIT', () => {
    assert.deepEqual(listening().after(0, 'SIGQUIT'), hurrying);
  });

  it('are to stop when the starter is gone, also for one that is stopping: the next start that ends what was left behind is no second order', () => {
    const { after } = listening();
    assert.deepEqual(after(0, 'disconnect'), stopping);
    assert.deepEqual(after(5_000, 'SIGTERM'), stopping);
    assert.deepEqual(after(1_000, 'SIGTERM'), hurrying);
  });

  it('are to hurry a minute after the starter is gone, since nobody is left who would kill what hangs', () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const { after } = listening();
      assert.deepEqual(after(0, 'disconnect'), stopping);
      mock.timers.tick(59_999);
      assert.deepEqual(after(0), stopping);
      mock.timers.tick(1);
      assert.deepEqual(after(0), hurrying);
    } finally {
      mock.timers.reset();
    }
  });

  it('are to stop when the parent dies, if it is npm', () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const [ofNpm, ofShell] = [listening(true), listening(false)];
      mock.timers.tick(10_000);
      assert.deepEqual(ofNpm.after(0), running);
      for (const { source } of [ofNpm, ofShell]) source.ppid = 1;
      mock.timers.tick(1_000);
      assert.deepEqual(ofNpm.after(0), stopping);
      assert.deepEqual(ofShell.after(0), running);
    } finally {
      mock.timers.reset();
    }
  });
});
