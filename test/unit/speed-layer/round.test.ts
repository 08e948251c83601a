/**
 * The one order of effects, and that nothing is decided on a failure (L1). The simulation crashes at every step of it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogRecord } from '../../../core/domain/detection.ts';
import { NO_TALLIES } from '../../../core/domain/tallies.ts';
import { instant, LAST_INSTANT } from '../../../core/domain/time.ts';
import { Retryable } from '../../../core/process/errors.ts';
import { countRows } from '../../../speed-layer/count-rows.ts';
import type { GrowthGate } from '../../../speed-layer/growth.ts';
import { ALWAYS_SURE } from '../../../core/stores/room/certainty.ts';
import { runRound } from '../../../speed-layer/round.ts';
import type { Holdings, RoundPorts } from '../../../speed-layer/round-ports.ts';
import { idsAt, NOON, progressOf, record, RULES, SETTLED_GATE } from './records.ts';

/** No growth is recorded. */
const OPEN: GrowthGate = {
  rules: () => RULES,
  settle: async () => RULES,
  stopOf: () => instant(LAST_INSTANT),
  stopped: async () => undefined,
  forget: () => undefined,
  waitingFor: () => null,
};

interface Stage {
  readonly ports: RoundPorts;
  readonly done: string[];
  readonly holdings: Holdings;
}

function stage(changes: Partial<RoundPorts> = {}): Stage {
  const done: string[] = [];
  const note = (what: string) => async (): Promise<void> => void done.push(what);
  const ports: RoundPorts = {
    certainty: ALWAYS_SURE,
    growth: OPEN,
    stamps: SETTLED_GATE,
    lanes: 1,
    consumer: {
      hold: () => undefined,
      commit: (next) => void done.push(`commit ${next.map(({ offset }) => offset).join()}`),
    },
    producer: { forward: note('strays'), deadLetter: note('dead letters') },
    detections: { find: async (ids) => ids.map(() => ({ status: 'absent' })), put: note('rows') },
    speedView: { load: async (names) => names.map(() => ({ status: 'absent' })), put: note('counts') },
    control: { putProgress: note('progress'), announceDoubt: note('doubt') },
    persist: (step) => step(),
    reached: () => undefined,
    ...changes,
  };
  return {
    ports,
    done,
    holdings: {
      progress: new Map([[1, progressOf(1)]]),
      counts: countRows(1_000),
      held: new Map<number, LogRecord[]>(),
      ahead: new Map(),
    },
  };
}

const NOON_ARRIVAL = instant(NOON);
const [A] = idsAt(1, 1) as [number];
const [ELSEWHERE] = idsAt(2, 1) as [number];
const MIXED = [
  record(0, { id: A }),
  record(1, { id: ELSEWHERE, partition: 1 }),
  { ...record(2, { id: A }), value: null },
];

describe('a round', () => {
  it('writes strays, dead letters, rows, counts, progress, then the offset', async () => {
    const { ports, done, holdings } = stage();
    await runRound(ports, holdings, { records: MIXED, drained: new Map() });
    assert.deepEqual(done, ['strays', 'dead letters', 'rows', 'counts', 'progress', 'commit 3']);
    assert.equal(holdings.progress.get(1)?.nextOffset, 3);
  });

  it('decides nothing unless every id was answered', async () => {
    const find = async () => [{ status: 'failed' as const, because: 'the region moved' }];
    const { ports, done, holdings } = stage({ detections: { find, put: async () => undefined } });
    await assert.rejects(runRound(ports, holdings, { records: [record(0, { id: A })], drained: new Map() }), Retryable);
    assert.deepEqual(done, []);
    assert.equal(holdings.progress.get(1)?.nextOffset, 0);
  });

  it('marks its count rows if the store was weak before they are written, or if an open span goes on', async () => {
    const doubts = [{ from: 0, to: 0, arrivedBefore: NOON_ARRIVAL, arrivedTo: NOON_ARRIVAL, tallies: NO_TALLIES }];
    const cases = [
      { weakAt: 'nothing', state: null, isMarked: false },
      { weakAt: 'find', state: null, isMarked: true },
      { weakAt: 'rows', state: null, isMarked: true },
      { weakAt: 'counts', state: null, isMarked: false },
      { weakAt: 'nothing', state: 'open', isMarked: true },
      { weakAt: 'nothing', state: 'rereading', isMarked: true },
      { weakAt: 'nothing', state: 'reread', isMarked: false },
    ] as const;
    for (const { weakAt, state, isMarked } of cases) {
      let weak = 0;
      const marks: boolean[] = [];
      const answer = (step: string): void => void (weak += step === weakAt ? 1 : 0);
      const { ports, holdings } = stage({
        certainty: { weakAnswers: () => weak, isWeak: () => false },
        detections: {
          find: async (ids) => (answer('find'), ids.map(() => ({ status: 'absent' as const }))),
          put: async () => answer('rows'),
        },
        speedView: {
          load: async (names) => names.map(() => ({ status: 'absent' })),
          async put(writes) {
            answer('counts');
            marks.push(...writes.map(({ isDoubtful = false }) => isDoubtful));
          },
        },
      });
      const spans = state === null ? [] : doubts.map((doubt) => ({ ...doubt, detected: null, state }));
      holdings.progress.set(1, { ...progressOf(1), doubts: spans });
      await runRound(ports, holdings, { records: [record(0, { id: A })], drained: new Map() });
      assert.deepEqual(marks, [isMarked, isMarked], `${weakAt}, ${state}`);
    }
  });

  it('tries a failed step again with the same effects', async () => {
    const puts: unknown[] = [];
    const put = async (writes: unknown): Promise<void> => {
      puts.push(structuredClone(writes));
      if (puts.length < 3) throw new Retryable('HBase', 'away');
    };
    const persist: RoundPorts['persist'] = async (step) => {
      for (;;) {
        try {
          return await step();
        } catch (fault) {
          assert.ok(fault instanceof Retryable);
        }
      }
    };
    const { ports, holdings } = stage({
      persist,
      speedView: { load: async (names) => names.map(() => ({ status: 'absent' })), put },
    });
    await runRound(ports, holdings, { records: [record(0, { id: A })], drained: new Map() });
    assert.equal(puts.length, 3);
    assert.deepEqual(puts[2], puts[0]);
  });

  it('moves the progress of a partition that ends behind its last record', async () => {
    const { ports, done, holdings } = stage();
    await runRound(ports, holdings, {
      records: [],
      drained: new Map([
        [1, 7],
        [3, 9],
      ]),
    });
    assert.deepEqual(done, ['rows', 'counts', 'progress', 'commit 7']);
    await runRound(ports, holdings, { records: [], drained: new Map([[1, 7]]) });
    assert.equal(done.length, 4, 'once');
  });

  it('leaves records of partitions alone that it does not hold', async () => {
    const { ports, done, holdings } = stage();
    await runRound(ports, holdings, { records: [record(0, { id: ELSEWHERE })], drained: new Map() });
    assert.deepEqual(done, []);
  });

  it('loads a count row once', async () => {
    const loaded: number[] = [];
    const load: RoundPorts['speedView']['load'] = async (names) => {
      loaded.push(names.length);
      return names.map(() => ({ status: 'absent' }));
    };
    const { ports, holdings } = stage({ speedView: { load, put: async () => undefined } });
    const ids = idsAt(1, 2);
    for (const [offset, id] of ids.entries())
      await runRound(ports, holdings, { records: [record(offset, { id })], drained: new Map() });
    assert.deepEqual(loaded, [2, 0]);
  });
});
