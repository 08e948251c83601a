// Only a process that carries both marks of a daemon is taken for it, whatever the pid file says.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { portsFrom } from '../../../../hadoop-compose/stack/ports.ts';
import { carriesMarks, forgetPid, marksOf, pidOf, recordPid } from '../../../../hadoop-compose/cluster/processes.ts';
import { argsOf } from '../../../../core/process/process-table.ts';
import type { Stack } from '../../../../hadoop-compose/stack/stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-processes-'));
const stack: Stack = { folder, jarsFolder: join(folder, 'jars'), ports: portsFrom({}) };
const children: ChildProcess[] = [];

after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function pretender(...args: string[]): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', ...args], { stdio: 'ignore' });
  children.push(child);
  await new Promise((resolve) => child.once('spawn', resolve));
  return child.pid!;
}

test('a pid that the system gave to another program is not the daemon', async () => {
  recordPid(stack, 'kafka', await pretender('something', 'else'));
  assert.equal(pidOf(stack, 'kafka'), undefined);
});

test('a daemon is found through its pid file, and without it by its marks', async () => {
  const pid = await pretender(...marksOf(stack, 'zookeeper'));
  recordPid(stack, 'zookeeper', pid);
  assert.equal(pidOf(stack, 'zookeeper'), pid);
  forgetPid(stack, 'zookeeper');
  assert.equal(pidOf(stack, 'zookeeper'), pid);
  assert.equal(pidOf(stack, 'master'), undefined);
});

test('the same daemon of another stack, or of one whose folder begins alike, is not ours', () => {
  const other: Stack = { ...stack, folder: `${folder}-2` };
  const args = ['java', ...marksOf(other, 'namenode')];
  assert.equal(carriesMarks(args, stack, 'namenode'), false);
  assert.equal(carriesMarks(args, other, 'namenode'), true);
  assert.equal(carriesMarks(args, other, 'datanode'), false);
});

test('a pid that nobody has carries nothing', () => {
  assert.deepEqual(argsOf(2 ** 30), []);
});
