/**
 * A process that gives way is nice to all others, also to those of other sessions.
 *
 * Method: a child in a session of its own, as a part of a stack is, calls the function; the kernel's files of the child
 * are read while it lives. Where the kernel does not group processes by session it has no such file, and niceness says
 * all.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { giveWay } from '../../../../core/process/give-way.ts';

const MODULE = new URL('../../../../core/process/give-way.ts', import.meta.url).href;

async function inOwnSession(script: string, use: (child: ChildProcess) => void): Promise<void> {
  const program = `${script}; process.send('ready'); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  try {
    await Promise.race([once(child, 'message'), ended]);
    use(child);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

function assertGivesWay(pid: number): void {
  assert.equal(getPriority(pid), 10);
  const groupFile = `/proc/${pid}/autogroup`;
  if (existsSync(groupFile)) assert.match(readFileSync(groupFile, 'utf8'), /nice 10$/m);
}

test('a process gives way to those of other sessions', async () => {
  await inOwnSession(`(await import('${MODULE}')).giveWay()`, (child) => assertGivesWay(child.pid!));
});

test('a child that leads a session of its own can be made to give way', async () => {
  await inOwnSession('', (child) => {
    giveWay(child.pid);
    assertGivesWay(child.pid!);
  });
});

test('a child that has ended gives way to nobody, and that is no fault', async () => {
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  await once(child, 'exit');
  giveWay(child.pid);
});

test('a command leaves the session of its terminal as it was', async () => {
  const groupFile = '/proc/self/autogroup';
  const niceOfGroup = (): string | null =>
    existsSync(groupFile) ? readFileSync(groupFile, 'utf8').replace(/^.* nice/, 'nice') : null;
  const before = niceOfGroup();
  const script = `(await import('${MODULE}')).giveWay(); process.exit((await import('node:os')).getPriority())`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: 'inherit' });
  assert.deepEqual(await once(child, 'exit'), [10, null]);
  assert.equal(niceOfGroup(), before);
});
