/** A span of doubt begins again once a quorum answers, and only then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doubtsAfter } from '../../../core/domain/doubt.ts';
import { HOUR_MS, instant, LAST_INSTANT } from '../../../core/domain/time.ts';
import { countRows } from '../../../speed-layer/count-rows.ts';
import { partitionHooks } from '../../../speed-layer/partitions.ts';
import type { RereadPorts } from '../../../speed-layer/reread.ts';
import { rereadDoubts } from '../../../speed-layer/reread.ts';
import { runRound } from '../../../speed-layer/round.ts';
import type { Holdings, RoundPorts } from '../../../speed-layer/round-ports.ts';
import type { Progress } from '../../../core/stores/control/progress-rows.ts';
import { idsAt, NOON, progressOf, record, RULES, SETTLED_GATE } from './records.ts';

interface Ring {
  weakAnswers: number;
  isWeak: boolean;
}

function stage() {
  const ring: Ring = { weakAnswers: 0, isWeak: false };
  const written: Progress[] = [];
  const forgotten: string[] = [];
  const announced: number[] = [];
  const again: number[] = [];
  const certainty = { weakAnswers: () => ring.weakAnswers, isWeak: () => ring.isWeak };
  const ports: RoundPorts & RereadPorts = {
    certainty,
    growth: {
      ...{ rules: () => RULES, settle: async () => RULES, stopOf: () => instant(LAST_INSTANT) },
      ...{ stopped: async () => undefined, waitingFor: () => null, forget: () => void forgotten.push('growth') },
    },
    stamps: { ...SETTLED_GATE, forget: () => void forgotten.push('stamps') },
    lanes: 1,
    consumer: { hold: () => undefined, commit: () => undefined, again: (some) => void again.push(...some) },
    producer: { forward: async () => undefined, deadLetter: async () => undefined },
    detections: {
      async find(ids) {
        if (ring.isWeak) ring.weakAnswers++;
        return ids.map(() => ({ status: 'absent' }));
      },
      put: async () => undefined,
    },
    speedView: { load: async (names) => names.map(() => ({ status: 'absent' })), put: async () => undefined },
    control: {
      putProgress: async (_, rows) => void written.push(...rows),
      announceDoubt: async (_, ends) => void announced.push(...ends.map(({ to }) => to)),
    },
    persist: (step) => step(),
    reached: () => undefined,
  };
  const holdings: Holdings = {
    ...{ progress: new Map([[1, progressOf(1)]]), counts: countRows(1_000), held: new Map(), ahead: new Map() },
  };
  const [id] = idsAt(1, 1) as [number];
  const count = (offset: number, detectedAt = NOON) =>
    runRound(ports, holdings, { records: [record(offset, { id, partition: 1, detectedAt })], drained: new Map() });
  return { ring, ports, holdings, written, announced, forgotten, again, count, certainty };
}

test('a round that one replica answered notes its span with the progress', async () => {
  const { ring, written, announced, count } = stage();
  await count(0);
  assert.deepEqual(announced, []);
  assert.equal(written.at(-1)!.doubts, undefined);
  ring.isWeak = true;
  await count(1);
  const [span] = written.at(-1)!.doubts!;
  assert.deepEqual([span!.from, span!.to, span!.state], [1, 2, 'open']);
  assert.ok(span!.detected);
  await count(2);
  assert.deepEqual(announced, [2], 'once, before the first write of the span');
});

test('a round of another hour is announced, although the span is open already', async () => {
  const { ring, announced, count } = stage();
  ring.isWeak = true;
  await count(0);
  await count(1, NOON + 1_000);
  await count(2, NOON - HOUR_MS);
  await count(3, NOON - HOUR_MS);
  assert.deepEqual(announced, [1, 3]);
});

test('the partition begins again when a quorum answers', async () => {
  const { ring, ports, holdings, count, again, forgotten } = stage();
  ring.isWeak = true;
  await count(0);
  assert.deepEqual(rereadDoubts(ports, holdings), []);
  ring.isWeak = false;
  assert.deepEqual(rereadDoubts(ports, holdings), [1]);
  assert.deepEqual([again, forgotten.sort()], [[1], ['growth', 'stamps']]);
});

test('a partition with an open span begins there, unless the log has lost it or no quorum answers', async () => {
  const before = { ...progressOf(0), nextOffset: 5 };
  const doubts = doubtsAfter(before, { ...before, nextOffset: 9, detected: null, isWeak: true });
  const startOf = async (low: number, isWeak: boolean): Promise<number> => {
    const { holdings } = stage();
    const ports = {
      ...{ topic: 'detections', rules: RULES, persist: <T>(step: () => Promise<T>) => step() },
      certainty: { weakAnswers: () => 0, isWeak: () => isWeak },
      control: {
        progress: async () => [{ ...before, nextOffset: 9, doubts }],
        growth: async () => ({ change: 0, settled: -1, growths: [], growingTo: null }),
      },
      admin: { ends: async () => [{ partition: 0, low, high: 12 }] },
    };
    const [start] = await partitionHooks(ports, holdings).assigned([0]);
    return start!.offset;
  };
  assert.deepEqual([await startOf(0, false), await startOf(0, true), await startOf(7, false)], [5, 9, 9]);
});
