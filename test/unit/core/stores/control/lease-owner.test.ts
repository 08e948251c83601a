/**
 * Who holds a lock, and who is dead: containers that look alike are told apart, and only processes of this very place
 * are looked up.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { test } from 'node:test';
import type { ProcessSpace } from '../../../../../core/stores/control/lease-owner.ts';
import { isDeadHere, ownerOf, thisOwner } from '../../../../../core/stores/control/lease-owner.ts';

/** A container's view: its process 1 began then, and there is no other. */
const container = (name: string, began: string): ProcessSpace => ({
  name,
  startTimeOf: (pid) => (pid === 1 ? began : null),
  isAlive: (pid) => pid === 1,
});

test('two containers with one host name and one process number have two names, and neither takes the other for dead', () => {
  const [one, other] = [container('aaaaaaaaaaaa', '100'), container('bbbbbbbbbbbb', '250')];
  const [first, second] = [ownerOf(1, one), ownerOf(1, other)];
  assert.notEqual(first, second);
  assert.equal(isDeadHere(second, one), false);
  assert.equal(isDeadHere(first, other), false);
});

test('two processes with the same space, start time and number have two names', () => {
  assert.notEqual(ownerOf(1, container('aaaaaaaaaaaa', '100')), ownerOf(1, container('aaaaaaaaaaaa', '100')));
});

test("an owner of this place is dead if its process is gone or its number is another's", () => {
  const now = container('aaaaaaaaaaaa', '100');
  assert.equal(isDeadHere(ownerOf(1, now), now), false);
  assert.equal(isDeadHere(ownerOf(1, container('aaaaaaaaaaaa', '99')), now), true);
  assert.equal(isDeadHere(ownerOf(7, now), now), true);
});

test('without a known process space, or with a name of another form, no owner counts as dead', () => {
  const unknown = container('?', '100');
  assert.equal(isDeadHere(ownerOf(7, unknown), unknown), false);
  assert.equal(isDeadHere(`${hostname()}:${process.pid}:1`), false);
  assert.equal(isDeadHere('another:1:1'), false);
});

test('this process keeps its name and is alive; a process that ended here is dead', () => {
  assert.equal(thisOwner(), thisOwner());
  assert.equal(isDeadHere(thisOwner()), false);
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  const parts = thisOwner().split(':');
  parts[1] = String(gone);
  assert.equal(isDeadHere(parts.join(':')), true);
});
