/** Correcting stamps: which records are found, what is said of them, and when it is too late (L5). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogRecord } from '../../../../core/domain/detection.ts';
import { DAY_MS, instant } from '../../../../core/domain/time.ts';
import { NOT_SETTLED } from '../../../../core/stores/control/stamp-rows.ts';
import type { StampRecord } from '../../../../core/stores/control/stamp-rows.ts';
import { correct, planFor } from '../../../../admin/topic/correct.ts';
import type { CorrectPorts } from '../../../../admin/topic/correct.ts';
import type { Horizon } from '../../../../core/stores/control/horizon-row.ts';
import type { Progress } from '../../../../core/stores/control/progress-rows.ts';
import { idsAt, NOON, progressOf, record, RULES } from '../../speed-layer/records.ts';

const FUTURE = NOON + 10 * DAY_MS;
const P = 2;
const [A] = idsAt(P, 1) as [number];

function stage(stamps: readonly number[], now = NOON) {
  const records = stamps.map((stamp, offset): LogRecord =>
    record(offset, { id: A, partition: P, stamp, detectedAt: now }),
  );
  const state = {
    row: { ...NOT_SETTLED, settled: instant(NOON) } as StampRecord,
    progress: null as Progress | null,
    horizon: null as Horizon | null,
  };
  const ports: CorrectPorts = {
    rules: RULES,
    control: {
      stamps: async () => [state.row],
      async moveStamps(_, __, from, to) {
        if (from.change !== state.row.change) return false;
        state.row = { ...to, change: from.change + 1 };
        return true;
      },
      progress: async () => [state.progress],
      horizon: async () => state.horizon,
    },
    reader: {
      async *read(_, from) {
        for (let at = from; at < records.length; at += 2)
          yield { records: records.slice(at, at + 2), next: at + 2, atEnd: at + 2 >= records.length };
      },
    },
    now: () => now,
    aheadMs: 300_000,
  };
  return { state, ports };
}

describe('what there is to correct', () => {
  it('begins with the first record that is ahead, and ends with the run of those behind it', async () => {
    const { ports } = stage([NOON, NOON + 1, FUTURE, FUTURE - 5, FUTURE + 7, NOON + 2, FUTURE]);
    const plan = await planFor(ports, P);
    assert.deepEqual(plan?.correction, { from: 2, to: 4 });
    assert.deepEqual(
      [plan?.records, plan?.stamp, plan?.greatestStamp, plan?.arrival, plan?.reachesEnd],
      [3, FUTURE, FUTURE + 7, NOON + 1, false],
    );
  });

  it('is nothing where no stamp is ahead, or all that were are corrected', async () => {
    assert.equal(await planFor(stage([NOON, NOON + 300_000]).ports, P), null);
    const { ports, state } = stage([NOON, FUTURE, NOON + 1]);
    assert.equal(await correct(ports, (await planFor(ports, P))!), 'recorded');
    assert.deepEqual(state.row.corrections, [{ from: 1, to: 1 }]);
    assert.equal(await planFor(ports, P), null);
  });

  it('reaches to the offset that was asked for', async () => {
    const { ports } = stage([NOON, FUTURE, FUTURE, NOON + 1, NOON + 2]);
    assert.deepEqual((await planFor(ports, P, 3))?.correction, { from: 1, to: 3 });
    assert.deepEqual((await planFor(ports, P, 1))?.correction, { from: 1, to: 1 });
  });

  it('is looked for behind what was decided, by its arrival', async () => {
    const { ports, state } = stage([FUTURE, FUTURE + 1, NOON, FUTURE + DAY_MS]);
    state.progress = { ...progressOf(P, 2), arrival: instant(FUTURE + 1) };
    assert.deepEqual((await planFor(ports, P))?.correction, { from: 3, to: 3 });
    state.horizon = {
      epoch: 0 as Horizon['epoch'],
      cuts: [0, 0, 4, 0],
      arrivals: [0, 0, FUTURE + DAY_MS, 0].map(instant),
      publishedAt: instant(NOON),
    };
    assert.equal(await planFor(ports, P), null);
  });

  it('tells how many become dead letters, because the partition was quiet for more than F before', async () => {
    const { ports } = stage([NOON - 3 * DAY_MS, FUTURE, FUTURE]);
    const plan = await planFor(ports, P);
    assert.deepEqual([plan?.records, plan?.deadLetters, plan?.reachesEnd], [2, 2, true]);
  });
});

describe('recording it', () => {
  it('is refused once a reader has settled its first stamp', async () => {
    const { ports, state } = stage([NOON, FUTURE]);
    const plan = (await planFor(ports, P))!;
    state.row = { ...state.row, settled: instant(FUTURE), change: 1 };
    await assert.rejects(
      correct(ports, plan),
      (fault: Error & { exitCode?: number }) =>
        fault.exitCode === 4 && fault.message.includes('cannot be corrected any more'),
    );
  });

  it('is refused where somebody corrected another range meanwhile, and done where it was the same', async () => {
    const { ports, state } = stage([NOON, FUTURE, FUTURE]);
    const plan = (await planFor(ports, P))!;
    const before = state.row;
    state.row = { ...before, corrections: [{ from: 1, to: 1 }], change: 1 };
    await assert.rejects(correct(ports, plan), /corrected in part by somebody else/);
    state.row = { ...before, corrections: [plan.correction], change: 1 };
    assert.equal(await correct(ports, plan), 'present');
  });
});
