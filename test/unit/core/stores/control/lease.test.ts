/** The lock of the lake: one run at a time, and none that a dead run keeps (law L9). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeldLease, LeaseOptions } from '../../../../../core/stores/control/lease.ts';
import type { Lease } from '../../../../../core/stores/control/lease-rows.ts';
import { LEASE_DEFAULTS, takeLease } from '../../../../../core/stores/control/lease.ts';
import { Retryable } from '../../../../../core/process/errors.ts';
import { controlDouble } from '../../../../support/batch-doubles.ts';
import { testClock } from '../../../../support/lease-clock.ts';

const row = (): Parameters<typeof controlDouble>[0] => ({
  rules: {} as never,
  horizon: null,
  progress: [],
  lease: null,
});
const options = (owner: string, isDead: LeaseOptions['isDead'] = () => false): LeaseOptions => ({
  owner,
  isDead,
  lengthMs: 60,
  clock: LEASE_DEFAULTS.clock,
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

test('the lock of an ended process of this machine is taken at once', async () => {
  const world = row();
  world.lease = { owner: 'dead', renewal: 7, lengthMs: 60_000 };
  const began = performance.now();
  await (
    await takeLease(
      controlDouble(world),
      'lake',
      options('b', (owner) => owner === 'dead'),
    )
  ).release();
  assert.ok(performance.now() - began < 5_000);
});

test('an owner whose lock another process took learns that it is lost', async () => {
  const world = row();
  const lease = await takeLease(controlDouble(world), 'lake', options('a'));
  world.lease = { owner: 'b', renewal: 99, lengthMs: 60 };
  await assert.rejects(lease.check(), isHeld);
  assert.ok(lease.lost.aborted);
  await lease.release();
  assert.equal(world.lease.owner, 'b');
});

// ---- by an injected clock
// ---------------------------------------------------------------------------------------------

const LENGTH_MS = 10_000;
const NEVER = new Promise<never>(() => undefined);

/**
 * One row of control, a clock, and what becomes of calls: `hang` keeps every move from being answered, applied or not.
 */
function lockedWorld() {
  const world = row();
  const clock = testClock();
  const control = controlDouble(world);
  const take = (owner: string, moves: Partial<typeof control> = {}): Promise<HeldLease> =>
    takeLease({ ...control, ...moves }, 'lake', { owner, clock, lengthMs: LENGTH_MS, isDead: () => false });
  return { world, clock, control, take };
}

test('a renewal that hangs loses the lease before anybody else may take it', async () => {
  const { world, clock, control, take } = lockedWorld();
  let isHanging = false;
  const moveLease: typeof control.moveLease = (...asked) => (isHanging ? NEVER : control.moveLease(...asked));
  const holder = await take('holder', { moveLease });
  await clock.advance(25_000);
  assert.equal(holder.lost.aborted, false, 'renewals keep it');
  isHanging = true;
  let takenAt = Infinity;
  let lostAt = Infinity;
  holder.lost.addEventListener('abort', () => (lostAt = clock.now()));
  const contender = take('contender').then((lease) => {
    takenAt = clock.now();
    assert.ok(holder.lost.aborted, 'two owners');
    return lease;
  });
  for (let waitedMs = 0; waitedMs <= LENGTH_MS + 500; waitedMs += 500) await clock.advance(500);
  assert.equal(world.lease!.owner, 'contender');
  assert.ok(takenAt - lostAt >= 1_000, `lost at ${lostAt}, taken at ${takenAt}`);
  await assert.rejects(holder.check(), isHeld);
  await holder.release();
  assert.equal(world.lease!.owner, 'contender', 'the loser gives nothing back');
  await (await contender).release();
});

test('a renewal counts from when it was sent, not from when it was answered', async () => {
  const { clock, control, take } = lockedWorld();
  let isSlow = false;
  const moveLease: typeof control.moveLease = async (...asked) => {
    const moved = await control.moveLease(...asked);
    if (isSlow) await new Promise<void>((resolve) => clock.after(6_000, resolve));
    return moved;
  };
  const holder = await take('holder', { moveLease });
  isSlow = true;
  // Sent at 1 s and applied then; answered at 7 s, when a contender has been watching it for almost 6 s.
  await clock.advance(8_500);
  assert.equal(holder.lost.aborted, false);
  await clock.advance(600);
  assert.ok(holder.lost.aborted, 'the next renewal has no answer by 1 s + 8 s');
  await holder.release();
});

test('the lease survives renewals that fail for a short while, but not for long', async () => {
  const { clock, control, take } = lockedWorld();
  let isAway = false;
  const moveLease: typeof control.moveLease = async (...asked) => {
    if (isAway) throw new Retryable('HBase', 'away');
    return control.moveLease(...asked);
  };
  const holder = await take('holder', { moveLease });
  isAway = true;
  await clock.advance(6_000);
  isAway = false;
  await clock.advance(20_000);
  assert.equal(holder.lost.aborted, false);
  await holder.check();
  isAway = true;
  await clock.advance(8_500);
  assert.ok(holder.lost.aborted);
  await holder.release();
});

test('a holder whose process was suspended learns from its own clock that the lease is lost, before it asks HBase', async () => {
  const { clock, control } = lockedWorld();
  let standsAt = 0;
  const holder = await takeLease(
    {
      ...control,
      lease: async () => {
        assert.equal(standsAt, 0, 'nobody is asked');
        return control.lease('lake');
      },
    },
    'lake',
    {
      owner: 'holder',
      clock: { ...clock, now: () => clock.now() + standsAt },
      lengthMs: LENGTH_MS,
      isDead: () => false,
    },
  );
  standsAt = 9_000;
  await assert.rejects(holder.check(), /no renewal was acknowledged within 8 s/);
  await holder.release();
});

test('a lease is lost at once if the answer to its taking came too late', async () => {
  const { clock, control, take } = lockedWorld();
  const moveLease: typeof control.moveLease = async (...asked) => {
    const moved = await control.moveLease(...asked);
    await new Promise<void>((resolve) => clock.after(9_000, resolve));
    return moved;
  };
  const taking = take('late', { moveLease });
  await clock.advance(9_100);
  const holder = await taking;
  await assert.rejects(holder.check(), isHeld);
  await holder.release();
});
