/**
 * Which processes a killed starter left behind, and who owns the daemons: told from real processes, by marks, parents
 * and births.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { endLeftBehind, leftBehind, markOfPart } from '../../../../hadoop-compose/cluster/left-behind.ts';
import { holdLock } from '../../../../core/process/lock.ts';
import { becomeStarter, forgetStarter, starterOf } from '../../../../hadoop-compose/cluster/starter.ts';
import { argsOf, birthOf } from '../../../../core/process/process-table.ts';

const home = mkdtempSync(join(tmpdir(), 'sightline-left-behind-'));
const stack = { folder: join(home, 'stack') };
const started: number[] = [];
const quiet = (): void => undefined;

beforeEach(() => mkdirSync(stack.folder, { recursive: true }));
after(() => {
  for (const pid of started) if (argsOf(pid).length > 0) process.kill(pid, 'SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

/** A process with this mark; `heeds` says whether SIGTERM ends it. */
async function part(mark: string, heeds = true): Promise<number> {
  const source = `${heeds ? '' : 'process.on("SIGTERM", () => {});'} setInterval(() => {}, 1000); console.log("up")`;
  const child = spawn(process.execPath, ['-e', source, '--', `--part-of=${mark}`, 'speed'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(child.pid!);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child.pid!;
}

describe('what a starter left behind', () => {
  const DEAD = 2 ** 22 + 1;

  it('are the parts whose parent is not their starter, of this stack only', async () => {
    await part(markOfPart(stack, 'speed-1'));
    await part(markOfPart({ folder: `${stack.folder}-2` }, 'speed-1', DEAD));
    const orphan = await part(markOfPart(stack, 'speed-2', DEAD));
    assert.deepEqual(leftBehind(stack), [{ pid: orphan, name: 'speed-2' }]);
    assert.equal(await endLeftBehind(stack, quiet), 1);
    assert.deepEqual(argsOf(orphan), []);
    assert.deepEqual(leftBehind(stack), []);
  });

  it('is killed where it does not heed SIGTERM, at once for who is in a hurry, and named', async () => {
    const orphan = await part(markOfPart(stack, 'batch', DEAD), false);
    const said: string[] = [];
    const beganMs = Date.now();
    assert.equal(await endLeftBehind(stack, (_, what) => void said.push(what), AbortSignal.abort()), 1);
    assert.deepEqual(argsOf(orphan), []);
    assert.ok(Date.now() - beganMs < 10_000);
    assert.match(said[0]!, new RegExp(`killed npm start left behind: batch \\(process ${orphan}\\)`));
    assert.equal(said[1], 'killing batch');
  });
});

describe('the note of who stops the daemons', () => {
  const note = join(stack.folder, 'starter.json');

  it('names this process until it is forgotten', () => {
    assert.equal(starterOf(stack), null);
    assert.equal(becomeStarter(stack), true);
    assert.deepEqual(starterOf(stack), { pid: process.pid, state: 'this process' });
    forgetStarter(stack);
    assert.equal(starterOf(stack), null);
  });

  it('is not taken from another process that lives', () => {
    const text = JSON.stringify({ pid: process.ppid, birth: birthOf(process.ppid) });
    writeFileSync(note, text);
    assert.equal(becomeStarter(stack), false);
    forgetStarter(stack);
    assert.deepEqual(starterOf(stack), { pid: process.ppid, state: 'alive' });
    rmSync(note);
  });

  it('names one that is gone when its number belongs to a process that was born later, be it this one', () => {
    for (const pid of [process.pid, process.ppid]) {
      writeFileSync(note, JSON.stringify({ pid, birth: 'an earlier start of the machine 1' }));
      assert.deepEqual(starterOf(stack), { pid, state: 'gone' });
    }
    assert.equal(becomeStarter(stack), true);
    forgetStarter(stack);
  });
});

describe('the lock of a stack', () => {
  it(
    'is not held by who was killed, even when its number was given to this very process',
    { timeout: 20_000 },
    async () => {
      const lock = join(stack.folder, 'lock');
      writeFileSync(
        lock,
        JSON.stringify({ pid: process.pid, birth: 'an earlier life of the container 1', command: 'cluster up' }),
      );
      const release = await holdLock(stack, 'cluster down', AbortSignal.timeout(5_000));
      assert.match(readFileSync(lock, 'utf8'), /cluster down/);
      await release();
      assert.equal(existsSync(lock), false);
    },
  );

  it('is held by one wait of a process at a time', { timeout: 20_000 }, async () => {
    let holders = 0;
    const turns = Array.from({ length: 4 }, async () => {
      const release = await holdLock(stack, 'starting a daemon again');
      holders += 1;
      assert.equal(holders, 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      holders -= 1;
      await release();
    });
    await Promise.all(turns);
  });
});
