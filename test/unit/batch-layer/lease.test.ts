/** The lock of the lake: one run at a time, and none that a dead run keeps (law L9). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { test } from 'node:test';
import type { Lease } from '../../../core/stores/control.ts';
import type { LeaseOptions } from '../../../batch-layer/lease.ts';
import { isDeadHere, takeLease, thisOwner } from '../../../batch-layer/lease.ts';
import { controlDouble } from '../../support/batch-doubles.ts';

const row = (): Parameters<typeof controlDouble>[0] => ({ rules: {} as never, horizon: null, progress: [], lease: null });
const options = (owner: string, isDead: LeaseOptions['isDead'] = () => false): LeaseOptions => ({
  owner,
  isDead,
  lengthMs: 60,
  now: () => performance.now(),
});
const isHeld = (fault: { exitCode?: number }): boolean => fault.exitCode === 6;

test('a free lock is taken, kept by renewals, and given back', async () => {
  const world = row();
  const lease = await takeLease(controlDouble(world), 'lake', options('a'));
  const first = world.lease!.renewal;
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.ok(world.lease!.renewal > first);
  await lease.check();
  await lease.release();
  assert.equal(world.lease!.owner, '');
  await (await takeLease(controlDouble(world), 'lake', options('b'))).release();
});

test('a lock whose owner lives is refused with exit code 6', async () => {
  const world = row();
  const control = controlDouble(world);
  const lease = await takeLease(control, 'lake', options('a'));
  await assert.rejects(takeLease(control, 'lake', options('b')), isHeld);
  await lease.release();
});

test('a lock whose number stands still for its length is taken over', async () => {
  const world = row();
  world.lease = { owner: 'elsewhere:1:1', renewal: 7, lengthMs: 60 } satisfies Lease;
  const lease = await takeLease(controlDouble(world), 'lake', options('b'));
  assert.equal(world.lease!.owner, 'b');
  await lease.release();
});

test('a lock of a process of this machine that is gone is taken at once', async () => {
  const world = row();
  world.lease = { owner: 'dead', renewal: 7, lengthMs: 60_000 };
  const began = performance.now();
  await (await takeLease(controlDouble(world), 'lake', options('b', (owner) => owner === 'dead'))).release();
  assert.ok(performance.now() - began < 5_000);
});

test('an owner that was taken for dead learns that the lock is lost', async () => {
  const world = row();
  const lease = await takeLease(controlDouble(world), 'lake', options('a'));
  world.lease = { owner: 'b', renewal: 99, lengthMs: 60 };
  await assert.rejects(lease.check(), isHeld);
  assert.ok(lease.lost.aborted);
  await lease.release();
  assert.equal(world.lease.owner, 'b');
});

test('a process is told from a later one with its number by its start time', () => {
  assert.equal(isDeadHere(thisOwner()), false);
  assert.equal(isDeadHere(`${hostname()}:${process.pid}:1`), true);
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  assert.equal(isDeadHere(`${hostname()}:${gone}:1`), true);
  assert.equal(isDeadHere('another-machine:1:1'), false);
});
