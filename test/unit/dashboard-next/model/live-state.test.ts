import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULTS } from '../../../../dashboard-next/model/address.ts';
import { conditionOf } from '../../../../dashboard-next/model/badge.ts';
import { firstState, nextState, signalsOf } from '../../../../dashboard-next/model/live-state.ts';
import { board, NOON, topItems, view } from '../answers.ts';

const fault = { kind: 'down', title: 'HBase does not answer', detail: '', requestId: null } as const;
const at = (seconds: number, total: number, changed: Parameters<typeof view>[0] = {}) =>
  board(topItems({ total, from: NOON - 3_600_000, view: view({ speed_as_of: NOON + seconds * 1_000, ...changed }) }));

test('a first paint without stores says what is down, and the first answer ends it', () => {
  const dark = firstState(null, fault, NOON);
  assert.equal(conditionOf(signalsOf(dark, DEFAULTS, NOON)), 'down');
  const lit = nextState(dark, { type: 'board', board: at(1, 7) });
  assert.equal(conditionOf(signalsOf(lit, DEFAULTS, NOON)), 'live');
  assert.equal(lit.board?.top.total, 7);
});

test('a fault keeps the numbers, and the time since when they fail', () => {
  const lit = firstState(at(0, 7), null, NOON);
  const first = nextState(lit, { type: 'fault', fault, at: NOON + 2_000, retryAt: NOON + 3_000 });
  const second = nextState(first, { type: 'fault', fault, at: NOON + 5_000, retryAt: NOON + 9_000 });
  assert.equal(second.board?.top.total, 7);
  assert.deepEqual([second.outage?.since, second.outage?.retryAt], [NOON + 2_000, NOON + 9_000]);
});

test('a pulse on a paused page changes the state and paints no numbers', () => {
  const lit = firstState(at(0, 7), null, NOON);
  const pulsed = nextState(lit, { type: 'pulse', view: view({ freshness_ms: 90_000 }), at: NOON + 10_000 });
  const paused = { ...DEFAULTS, refresh: 'off' } as const;
  assert.equal(pulsed.board, lit.board);
  assert.equal(conditionOf(signalsOf(pulsed, paused, NOON + 10_000)), 'stale');
  assert.equal(signalsOf(pulsed, paused, NOON + 10_000).pausedAt, lit.board!.readAt);
});

test('a total that falls when the horizon moves is a correction; one that falls with its bounds is not', () => {
  const lit = firstState(at(0, 1_000), null, NOON);
  const moved = nextState(lit, { type: 'board', board: at(1, 786, { horizon: '2026-11-23' }) });
  assert.equal(moved.correction?.amount, 214);
  assert.equal(nextState(lit, { type: 'board', board: at(1, 786) }).correction, null);
});

test('another place starts a new rate', () => {
  let state = firstState(at(0, 0), null, NOON);
  for (let s = 1; s <= 5; s++) state = nextState(state, { type: 'board', board: at(s, s * 50) });
  assert.equal(state.track.rate, 50);
  const there = { ...at(6, 9), subject: { ...DEFAULTS, location: '17' } };
  assert.equal(nextState(state, { type: 'board', board: there }).track.rate, null);
});
