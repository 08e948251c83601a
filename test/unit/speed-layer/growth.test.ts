/** The gate at the beginning of a growth: final rules, and everything before it counted first (L3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Instant } from '../../../core/domain/time.ts';
import type { GrowthRecord } from '../../../core/stores/control/growth-rows.ts';
import type { Progress } from '../../../core/stores/control/progress-rows.ts';
import { DAY_MS, instant } from '../../../core/domain/time.ts';
import { settleGrowth } from '../../../core/stores/control/settled-growth.ts';
import { growthGate } from '../../../speed-layer/growth.ts';
import { NOON, progressOf, RULES } from './records.ts';

const TODAY = Math.floor(NOON / DAY_MS);
const TOMORROW = instant((TODAY + 1) * DAY_MS);
const FRESH: GrowthRecord = { change: 0, settled: -1, growths: [], growingTo: null };

function stage(first: GrowthRecord, progress: (Progress | null)[] = [], ends: number[] = []) {
  const state = { growth: first, told: new Set<number>(), ticked: [] as number[], reads: 0, now: 0 };
  const control = {
    async growth() {
      state.reads++;
      return state.growth;
    },
    async moveGrowth(_: number, from: GrowthRecord, to: Omit<GrowthRecord, 'change'>) {
      if (from.change !== state.growth.change) return false;
      state.growth = { ...to, change: from.change + 1 };
      return true;
    },
    readUpTo: async (_: number, __: Instant, partitions: readonly number[]) =>
      partitions.map((partition) => state.told.has(partition)),
    putReadUpTo: async (_: number, __: Instant, partitions: readonly number[]) =>
      partitions.forEach((partition) => state.told.add(partition)),
    progress: async (_: number, partitions: readonly number[]) =>
      partitions.map((partition) => progress[partition] ?? null),
  };
  const admin = { ends: async () => ends.map((high, partition) => ({ partition, low: 0, high })) };
  const producer = { tick: async (partitions: readonly number[]) => void state.ticked.push(...partitions) };
  const gate = growthGate({ rules: RULES, control, admin, producer, persist: (step) => step(), now: () => state.now });
  return { state, gate, control };
}

describe('rules', () => {
  it('are final for an epoch once it is settled, and read once an epoch', async () => {
    const { gate, state } = stage(FRESH);
    await gate.settle(instant(NOON));
    await gate.settle(instant(NOON + 5));
    assert.deepEqual([state.growth.settled, state.growth.change], [TODAY, 1]);
    const { reads } = state;
    await gate.settle(instant(NOON));
    assert.equal(state.reads, reads);
    state.growth = { ...state.growth, growths: [{ from: TOMORROW, partitions: 6 }], change: 2 };
    assert.equal((await gate.settle(instant(NOON))).growths?.length, 0, 'nothing of today can change');
    assert.equal((await gate.settle(TOMORROW)).growths?.length, 1);
  });

  it('are settled by one of two that try, and a growth that was on its way comes to nothing', async () => {
    const { control, state } = stage(FRESH);
    const before = state.growth;
    await Promise.all([settleGrowth(control, 1, TODAY), settleGrowth(control, 1, TODAY)]);
    assert.deepEqual([state.growth.settled, state.growth.change], [TODAY, 1]);
    assert.equal(
      await control.moveGrowth(1, before, { ...before, growths: [{ from: instant(TODAY * DAY_MS), partitions: 6 }] }),
      false,
    );
  });
});

describe('a growth', () => {
  const grown: GrowthRecord = {
    change: 1,
    settled: TODAY + 1,
    growths: [{ from: TOMORROW, partitions: 5 }],
    growingTo: null,
  };

  it('begins when every partition is read to where it begins, the new ones too', async () => {
    const { gate, state } = stage(grown, [], [9, 9, 9, 9, 0]);
    await gate.settle(TOMORROW);
    const mine = progressOf(1, 9);
    assert.equal(gate.stopOf(mine), TOMORROW);
    await gate.stopped([mine]);
    assert.match(gate.waitingFor() ?? '', /the topic grows.*partitions 0, 2, 3, 4/);
    for (const partition of [0, 2, 3]) state.told.add(partition);
    await gate.stopped([mine]);
    assert.match(gate.waitingFor() ?? '', /partitions 4 still count/);
    state.told.add(4);
    await gate.stopped([mine]);
    assert.deepEqual([gate.waitingFor(), gate.stopOf(mine)], [null, Infinity]);
  });

  it('is begun in a partition whose progress is beyond it', async () => {
    const beyond = [0, 2, 3, 4].map((partition) => ({ ...progressOf(partition, 20), arrival: TOMORROW }));
    const { gate } = stage(grown, [beyond[0]!, null, beyond[1]!, beyond[2]!, beyond[3]!], [20, 20, 20, 20, 20]);
    await gate.settle(TOMORROW);
    await gate.stopped([progressOf(1, 9)]);
    assert.equal(gate.waitingFor(), null);
    assert.equal(gate.stopOf(beyond[0]!), Infinity);
  });

  it('is told to quiet partitions by a tick now and then, not to those that have records to be read', async () => {
    const { gate, state } = stage(grown, [progressOf(0, 5), null, progressOf(2, 5), progressOf(3, 4)], [5, 9, 5, 5, 0]);
    await gate.settle(TOMORROW);
    await gate.stopped([progressOf(1, 9)]);
    assert.deepEqual(state.ticked, [0, 2, 4]);
    await gate.stopped([progressOf(1, 9)]);
    assert.equal(state.ticked.length, 3, 'it was just now');
    state.now += 1_000;
    await gate.stopped([progressOf(1, 9)]);
    assert.equal(state.ticked.length, 6);
  });
});
