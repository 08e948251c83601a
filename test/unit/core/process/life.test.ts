/** How a command ends: with the reason of whatever was thrown, also when that came out of a wait whose signal was aborted. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { afterEach, mock, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, Refusal } from '../../../../core/process/errors.ts';
import { runCommand, Stopped } from '../../../../core/process/life.ts';

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
  assert.deepEqual(await endOf(new Refusal(EXIT.usage, 'EPOCH_SECONDS is 60, recorded was 20')), { code: 2, said: 'EPOCH_SECONDS is 60, recorded was 20\n' });
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
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8', timeout: 30_000 });
  assert.equal(status, 4);
  assert.match(stderr, /^The command is over, and 0.05 s later the process still holds .*Timeout; it is ended now.\n$/);
});
