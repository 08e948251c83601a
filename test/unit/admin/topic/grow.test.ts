/**
 * The steps of growing a topic: safe to repeat from any of them, and refused where two things would get in each other's
 * way (L3).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, instant } from '../../../../core/domain/time.ts';
import { NOT_SETTLED } from '../../../../core/stores/control/stamp-rows.ts';
import type { StampRecord } from '../../../../core/stores/control/stamp-rows.ts';
import { grow } from '../../../../admin/topic/grow.ts';
import type { GrowPorts } from '../../../../admin/topic/grow.ts';
import type { GrowthRecord } from '../../../../core/stores/control/growth-rows.ts';
import type { RecordedRules } from '../../../../core/stores/control/rules-rows.ts';
import { progressOf, RULES } from '../../speed-layer/records.ts';

const START = 20_000 * DAY_MS + 1_000;

function stage(rebuild: { is: boolean } = { is: false }) {
  const state = {
    growth: { change: 0, settled: -1, growths: [], growingTo: null } as GrowthRecord,
    partitions: 4,
    now: START,
    dieIn: Infinity,
    said: [] as string[],
    ticked: [] as number[],
    stamps: [] as StampRecord[],
  };
  const step = (): void => {
    if (--state.dieIn <= 0) {
      state.dieIn = Infinity;
      throw new Error('killed');
    }
  };
  const ports: GrowPorts = {
    rules: { ...RULES, topicId: 'a' },
    control: {
      growth: async () => state.growth,
      async moveGrowth(_, from, to) {
        step();
        if (from.change !== state.growth.change) return false;
        state.growth = { ...to, change: from.change + 1 };
        return true;
      },
      rebuilding: async () => (rebuild.is ? ({} as RecordedRules) : null),
      progress: async (_, partitions) =>
        partitions.map((partition) => (state.ticked.includes(partition) ? progressOf(partition, 1) : null)),
      // Everything is read as soon as the epoch has begun.
      stamps: async (_, partitions) => partitions.map((partition) => state.stamps[partition] ?? NOT_SETTLED),
      readUpTo: async (_, from, partitions) => partitions.map(() => state.now >= from),
    },
    admin: {
      async grow(count) {
        step();
        state.partitions = Math.max(state.partitions, count);
      },
      ends: async () => [],
    },
    producer: {
      async tick(partitions) {
        step();
        state.ticked.push(...partitions);
      },
    },
    now: () => state.now,
    async pause() {
      step();
      state.now += DAY_MS / 4;
    },
    say: (what) => void state.said.push(what),
    heedLimitMs: DAY_MS,
  };
  return { state, ports };
}

describe('growing a topic', () => {
  it('adds partitions, then lets them count from an epoch that has not begun, and waits until they do', async () => {
    const { state, ports } = stage();
    const growth = await grow(ports, 6);
    assert.deepEqual(growth, { from: 20_001 * DAY_MS, partitions: 6 });
    assert.deepEqual([state.partitions, state.growth.growths, state.growth.growingTo], [6, [growth], null]);
    assert.deepEqual(state.ticked, [4, 5]);
    assert.ok(state.now >= growth.from);
  });

  it('takes an epoch that nobody has settled', async () => {
    const { state, ports } = stage();
    state.growth = { ...state.growth, settled: 20_007 };
    assert.equal((await grow(ports, 6)).from, 20_008 * DAY_MS);
  });

  it('killed at any step and done again ends the same', async () => {
    for (let dieIn = 1; ; dieIn++) {
      const { state, ports } = stage();
      state.dieIn = dieIn;
      const isKilled = await grow(ports, 6).then(
        () => false,
        () => true,
      );
      state.dieIn = Infinity;
      const growth = await grow(ports, 6);
      assert.deepEqual([state.partitions, state.growth.growths], [6, [growth]], `killed at ${dieIn}`);
      if (!isKilled) break;
      assert.ok(dieIn < 50);
    }
  });

  it('goes on if no worker begins with the new partitions in time', async () => {
    const { state, ports } = stage();
    const deaf = {
      ...ports,
      control: {
        ...ports.control,
        progress: async (_: number, partitions: readonly number[]) => partitions.map(() => null),
      },
    };
    await grow(deaf, 6);
    assert.ok(state.said.some((line) => line.startsWith('no worker reads partitions 4, 5 yet')));
  });

  it('refuses fewer partitions, another growth on the way, and a rebuild under way', async () => {
    const { state, ports } = stage();
    await assert.rejects(grow(ports, 3), /has 4 partitions, and Kafka cannot take any away/);
    state.growth = { ...state.growth, growingTo: 6 };
    await assert.rejects(grow(ports, 8), /is being given 6 partitions already/);
    await grow(ports, 6);
    state.now = START;
    await assert.rejects(grow(ports, 8), /growth to 6 partitions is not in force/);
    await assert.rejects(grow(stage({ is: true }).ports, 6), /rebuild of generation 2 is under way/);
  });

  it('does not begin while a partition is held, because all would wait for it', async () => {
    const { state, ports } = stage();
    state.stamps = [
      NOT_SETTLED,
      { ...NOT_SETTLED, change: 1, hold: { offset: 3, stamp: START + DAY_MS, since: instant(START) } },
    ];
    await assert.rejects(
      grow(ports, 6),
      (fault: Error & { exitCode?: number }) =>
        fault.exitCode === 5 && /Partition 1 is held before offset 3/.test(fault.message),
    );
    assert.deepEqual([state.partitions, state.growth.growingTo], [4, null]);
    state.stamps[1] = { ...state.stamps[1]!, corrections: [{ from: 3, to: 3 }] };
    await grow(ports, 6);
  });

  it('is taken back if a rebuild begins at the same moment', async () => {
    const rebuild = { is: false };
    const { state, ports } = stage(rebuild);
    const { moveGrowth } = ports.control;
    const during: GrowPorts = {
      ...ports,
      control: { ...ports.control, moveGrowth: (...args) => moveGrowth(...args).finally(() => (rebuild.is = true)) },
    };
    await assert.rejects(grow(during, 6), /rebuild of generation 2 is under way/);
    assert.deepEqual([state.growth.growingTo, state.partitions], [null, 4]);
  });
});
