import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signals, State } from '../../../../dashboard-next/model/badge.ts';
import { badgeOf, conditionOf, FRESH, nextFreshness, spokenText } from '../../../../dashboard-next/model/badge.ts';
import { noticeOf } from '../../../../dashboard-next/model/notice.ts';
import { NOON, signals, view } from '../answers.ts';

const offline = { kind: 'offline', title: 'No connection' } as const;
const down = { kind: 'down', title: 'HBase does not answer' } as const;
const costly = { kind: 'costly', title: 'The question asks for too much' } as const;
const late = signals({
  view: view({ freshness_ms: 34_000, speed_as_of: NOON - 34_000 }),
  freshness: { level: 'late', better: 0 },
});
const stale = signals({
  view: view({ freshness_ms: 244_000, speed_as_of: NOON - 244_000 }),
  freshness: { level: 'stale', better: 0 },
});

const STATES: Record<State, [Signals, string, string, string]> = {
  connecting: [signals({ view: null, answeredAt: null }), 'ring', 'Connecting', ''],
  live: [signals(), 'disc', 'Live', '0.8 s behind'],
  late: [late, 'diamond', 'Late', '34 s behind'],
  stale: [stale, 'square', 'Stale', '4 min behind'],
  quiet: [signals({ grewAt: NOON - 42_000 }), 'ring', 'Quiet', '42 s'],
  paused: [signals({ pausedAt: NOON + 7_000 }), 'ring', 'Paused', 'at 12:00:07'],
  offline: [
    signals({
      now: NOON + 12_900,
      answeredAt: NOON + 900,
      outage: { since: NOON + 2_000, fault: offline, retryAt: NOON + 16_900 },
    }),
    'ring',
    'Offline',
    '12:00:00',
  ],
  down: [signals({ outage: { since: NOON, fault: down, retryAt: NOON + 8_900 } }), 'square', 'Down', '12:00:00'],
  costly: [
    signals({ outage: { since: NOON, fault: costly, retryAt: NOON + 8_900 } }),
    'diamond',
    'Too much',
    '12:00:00',
  ],
  partial: [signals({ view: view({ missing: 'speed' }) }), 'diamond', 'Partial', 'batch only'],
};

for (const [state, [given, shape, word, number]] of Object.entries(STATES)) {
  test(`the badge says ${state} by shape, word and number`, () => {
    const badge = badgeOf(given, 'UTC');
    assert.deepEqual(
      { ...badge, tone: '', number: badge.number.replaceAll('\u00a0', ' ') },
      { state, tone: '', shape, word, number },
    );
  });
}

test('freshness gets worse at once and better after three good answers', () => {
  let level = nextFreshness(FRESH, 70_000);
  assert.equal(level.level, 'stale');
  level = nextFreshness(nextFreshness(level, 100), 100);
  assert.equal(level.level, 'stale');
  assert.equal(nextFreshness(level, 100).level, 'live');
  assert.equal(nextFreshness(nextFreshness(level, 61_000), 100).level, 'stale');
  assert.equal(nextFreshness(FRESH, 2_999).level, 'live');
  assert.equal(nextFreshness(FRESH, 3_000).level, 'late');
});

test('the reason why no numbers come has priority over their age', () => {
  const silent = { since: NOON - 20_000, fault: offline, retryAt: null };
  const all = {
    ...stale,
    view: { ...stale.view!, missing: 'speed' },
    answeredAt: NOON - 20_000,
    outage: silent,
    grewAt: NOON - 300_000,
  } as const;
  assert.equal(conditionOf(all), 'offline');
  assert.equal(conditionOf({ ...all, outage: { ...silent, fault: down } }), 'down');
  assert.equal(conditionOf({ ...all, outage: null }), 'partial');
  assert.equal(conditionOf({ ...all, outage: null, view: stale.view }), 'stale');
});

test('a short silence is no state yet; its limit depends on the refresh', () => {
  const quiet = signals({ answeredAt: NOON - 14_000, outage: { since: NOON - 4_000, fault: offline, retryAt: null } });
  assert.equal(conditionOf({ ...quiet, refreshMs: 10_000 }), 'live');
  assert.equal(conditionOf({ ...quiet, refreshMs: 1_000 }), 'offline');
});

test('pausing changes the badge and not the warning', () => {
  const paused = { ...stale, pausedAt: NOON };
  assert.equal(badgeOf(paused, 'UTC').word, 'Paused');
  assert.equal(noticeOf(paused, 'UTC', { faults: [], correction: null })?.tone, 'bad');
});

test('the notice bar says until when numbers are true and what comes next', () => {
  const words = (given: Signals): string => {
    const notice = noticeOf(given, 'UTC', { faults: [], correction: null });
    return notice ? `${notice.strong} ${notice.text}`.replaceAll('\u00a0', ' ') : '';
  };
  assert.equal(
    words(stale),
    'Nothing counted since 11:55:56 UTC. The numbers are true up to then. New detections wait in the log and will be counted.',
  );
  assert.equal(words(late), 'The speed layer is 34 s behind. Numbers are true up to 11:59:26 UTC.');
  assert.equal(
    words(STATES.offline[0]),
    'No connection for 12 s. Last numbers from 12:00:00 UTC. Trying again in 4 s.',
  );
  assert.equal(words(STATES.down[0]), 'HBase does not answer. Last true numbers from 12:00:00 UTC. Again in 8 s.');
  assert.equal(words(signals()), '');
  assert.equal(words(signals({ view: view({ freshness_ms: 9_000 }), freshness: { level: 'late', better: 0 } })), '');
});

test('while a store is down the notice offers the view that answers, once; then it names the missing view and offers to ask for both', () => {
  const told = (given: Signals) => noticeOf(given, 'UTC', { faults: [], correction: null })!;
  assert.equal(told(STATES.down[0]).action, 'part');
  assert.equal(told({ ...STATES.down[0], allowsPartial: true }).action, 'try');
  const refused = { kind: 'refused', title: 'Invalid parameter: limit' } as const;
  assert.equal(told({ ...STATES.down[0], outage: { since: NOON, fault: refused, retryAt: null } }).action, 'try');
  for (const [missing, words] of [
    ['speed', 'The speed view is missing: nothing that arrived after the end of epoch 2026-11-22'],
    ['batch', 'The batch view is missing: nothing that arrived up to the end of epoch 2026-11-22'],
  ] as const) {
    const notice = told(signals({ view: view({ missing }), allowsPartial: true }));
    assert.equal(notice.action, 'whole');
    assert.ok(`${notice.strong} ${notice.text}`.startsWith(words), `${notice.strong} ${notice.text}`);
  }
});

test('the notice shows a link that cannot be read and a corrected total, but a failure first', () => {
  const occasion = { faults: ['limit is “7”; expected one of 5, 10.'], correction: 214 };
  assert.match(noticeOf(signals(), 'UTC', occasion)!.text, /limit is/);
  assert.equal(
    noticeOf(signals(), 'UTC', { faults: [], correction: 214 })!.strong,
    'Corrected by the batch run: −214.',
  );
  assert.equal(noticeOf(stale, 'UTC', occasion)!.tone, 'bad');
});

test('spoken text has its units in words', () => {
  assert.equal(spokenText(badgeOf(late, 'UTC')), 'Late, 34 seconds behind');
  assert.equal(spokenText(badgeOf(stale, 'UTC')), 'Stale, 4 minutes behind');
});

test('for a question that costs too much the notice says what to choose, and offers no part', () => {
  const notice = noticeOf(STATES.costly[0], 'UTC', { faults: [], correction: null });
  assert.deepEqual([notice?.strong, notice?.action], ['The question asks for too much.', 'try']);
  assert.match(notice!.text, /^Choose a shorter window, or one place\. Last numbers from/);
});
