/**
 * Settling and correcting: of a reader that passes a stamp and somebody who corrects it one comes first, and the other
 * learns of it (L5).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogRecord } from '../../../../../core/domain/detection.ts';
import { instant } from '../../../../../core/domain/time.ts';
import type { Instant } from '../../../../../core/domain/time.ts';
import type { StampRecord, StampRows } from '../../../../../core/stores/control/stamp-rows.ts';
import { NOT_SETTLED } from '../../../../../core/stores/control/stamp-rows.ts';
import type { StampGate } from '../../../../../core/stores/control/stamp-gate.ts';
import { recordCorrection, SETTLED_AT_ONCE_MS, stampGate } from '../../../../../core/stores/control/stamp-gate.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;
const AHEAD_MS = 300_000;
const log = (...stamps: number[]): LogRecord[] =>
  stamps.map((stamp, offset) => ({ partition: 0, offset, stamp, key: null, value: null, headers: [] }));
const JUMP = log(NOON, NOON + 10 * DAY_MS, NOON + 1);

const patient = (gate: StampGate) => ({
  pass: (partition: number, soFar: Instant, records: readonly LogRecord[]) =>
    gate.pass(partition, soFar, records, (step) => step()),
});

/** `before` happens once, before the next change arrives. */
function stage() {
  const state = {
    record: NOT_SETTLED,
    reads: 0,
    moves: 0,
    now: NOON,
    before: null as (() => Promise<unknown>) | null,
    losesAnswers: false,
  };
  const control: StampRows = {
    async stamps() {
      state.reads++;
      return [state.record];
    },
    async moveStamps(_, __, from, to) {
      const { before } = state;
      state.before = null;
      await before?.();
      if (from.change !== state.record.change) return false;
      state.record = { ...to, change: from.change + 1 };
      state.moves++;
      return !state.losesAnswers;
    },
  };
  const gate = (leadMs = 0) =>
    patient(stampGate({ control, logLife: 1, now: () => state.now + leadMs, aheadMs: AHEAD_MS }));
  return { state, control, gate };
}

describe('a gate', () => {
  it('settles what is about to be decided, a little ahead, so that few calls are needed', async () => {
    const { state, gate } = stage();
    const mine = gate();
    assert.equal(
      (await mine.pass(0, instant(0), log(NOON - 2, NOON - 1))).stamps.settled,
      NOON - 1 + SETTLED_AT_ONCE_MS,
    );
    const { reads, moves } = state;
    for (let i = 0; i < 100; i++) await mine.pass(0, instant(NOON), log(NOON + i));
    assert.deepEqual([state.reads, state.moves, moves], [reads, moves, 1]);
  });

  it('settles nothing that its clock does not allow', async () => {
    const { state, gate } = stage();
    state.now = NOON - SETTLED_AT_ONCE_MS;
    const { stamps, ahead } = await gate().pass(0, instant(0), JUMP);
    assert.deepEqual([stamps.settled, ahead?.offset], [NOON, 1]);
    assert.deepEqual(state.record.hold, { offset: 1, stamp: NOON + 10 * DAY_MS, since: state.now });
  });

  it('goes on when its clock has come there, and looks at the row a few times a second until then', async () => {
    const { state, gate } = stage();
    const mine = gate();
    await mine.pass(0, instant(0), JUMP);
    const { reads } = state;
    for (let i = 0; i < 100; i++) {
      state.now += 10;
      assert.equal((await mine.pass(0, instant(NOON), JUMP.slice(1))).ahead?.offset, 1);
    }
    assert.ok(state.reads - reads <= 5, `${state.reads - reads} reads in a second`);
    state.now = NOON + 10 * DAY_MS - AHEAD_MS;
    assert.equal((await mine.pass(0, instant(NOON), JUMP.slice(1))).ahead, null);
  });

  it('goes on when another reader has passed the stamp, since nobody can correct it any more', async () => {
    const { state, gate } = stage();
    const mine = gate();
    await mine.pass(0, instant(0), JUMP);
    await gate(11 * DAY_MS).pass(0, instant(0), JUMP);
    state.now += 1_000;
    assert.equal((await mine.pass(0, instant(NOON), JUMP.slice(1))).ahead, null);
  });

  it('goes on when the stamp was corrected, and carries no arrival over from it', async () => {
    const { state, control, gate } = stage();
    const mine = gate();
    await mine.pass(0, instant(0), JUMP);
    assert.deepEqual(
      await recordCorrection(control, {
        logLife: 1,
        partition: 0,
        correction: { from: 1, to: 1 },
        stamp: JUMP[1]!.stamp,
      }),
      { status: 'recorded' },
    );
    state.now += 1_000;
    const { reaches, ahead } = await mine.pass(0, instant(NOON), JUMP.slice(1));
    assert.deepEqual([reaches, ahead], [NOON + 1, null]);
  });

  it('settles an arrival that was passed before there were rows, without asking a clock', async () => {
    const { state, gate } = stage();
    const { stamps, ahead } = await gate().pass(0, instant(NOON + 10 * DAY_MS), log(NOON));
    assert.deepEqual([stamps.settled, ahead, state.record.settled], [NOON + 10 * DAY_MS, null, NOON + 10 * DAY_MS]);
  });

  it('believes what it reads, not what it was answered', async () => {
    const { state, gate } = stage();
    state.losesAnswers = true;
    assert.equal((await gate().pass(0, instant(0), log(NOON))).ahead, null);
    assert.equal(state.moves, 1);
  });
});

describe('a race for one stamp', () => {
  it('is lost by the reader if the correction is recorded while it settles', async () => {
    const { state, control, gate } = stage();
    await gate().pass(0, instant(0), JUMP.slice(0, 1));
    state.before = () =>
      recordCorrection(control, { logLife: 1, partition: 0, correction: { from: 1, to: 1 }, stamp: JUMP[1]!.stamp });
    const { stamps, reaches } = await gate(11 * DAY_MS).pass(0, instant(NOON), JUMP.slice(1));
    assert.deepEqual([stamps.corrections, reaches], [[{ from: 1, to: 1 }], NOON + 1]);
    assert.ok(stamps.settled < JUMP[1]!.stamp);
  });

  it('is lost by the correction if a reader settles while it is recorded', async () => {
    const { state, control, gate } = stage();
    state.before = () => gate(11 * DAY_MS).pass(0, instant(0), JUMP);
    assert.equal(
      (
        await recordCorrection(control, {
          logLife: 1,
          partition: 0,
          correction: { from: 1, to: 1 },
          stamp: JUMP[1]!.stamp,
        })
      ).status,
      'settled',
    );
    assert.deepEqual(state.record.corrections, []);
  });

  it('is won by one of two who correct, and the other is told', async () => {
    const { state, control } = stage();
    const range = { from: 1, to: 1 };
    const both = await Promise.all([
      recordCorrection(control, { logLife: 1, partition: 0, correction: range, stamp: NOON }),
      recordCorrection(control, { logLife: 1, partition: 0, correction: range, stamp: NOON }),
    ]);
    assert.ok(both.some(({ status }) => status === 'recorded'));
    assert.deepEqual(state.record.corrections, [range]);
    assert.deepEqual(await recordCorrection(control, { logLife: 1, partition: 0, correction: range, stamp: NOON }), {
      status: 'present',
    });
  });
});

describe('a correction', () => {
  it('never changes one that is recorded', async () => {
    const { state, control } = stage();
    await recordCorrection(control, { logLife: 1, partition: 0, correction: { from: 4, to: 6 }, stamp: NOON });
    const before: StampRecord = state.record;
    for (const range of [
      { from: 4, to: 7 },
      { from: 6, to: 6 },
      { from: 0, to: 4 },
      { from: 5, to: 5 },
    ]) {
      assert.equal(
        (await recordCorrection(control, { logLife: 1, partition: 0, correction: range, stamp: NOON })).status,
        'amid',
      );
    }
    assert.equal(state.record, before);
    assert.equal(
      (await recordCorrection(control, { logLife: 1, partition: 0, correction: { from: 7, to: 7 }, stamp: NOON }))
        .status,
      'recorded',
    );
  });
});
