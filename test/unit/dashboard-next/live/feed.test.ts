/**
 * The feed against a clock and an API of the test's own: what is asked when, and what a silence leads to.
 *
 * Model: time moves only when the test says so; answers come at once; every event is kept.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as soon } from 'node:timers/promises';
import { DEFAULTS } from '../../../../dashboard-next/live/address.ts';
import type { Questions } from '../../../../dashboard-next/live/questions.ts';
import { NoAnswer } from '../../../../dashboard-next/live/questions.ts';
import type { LiveEvent } from '../../../../dashboard-next/live/state.ts';
import { startFeed } from '../../../../dashboard-next/live/feed.ts';
import { listed, locations, NOON, timeline, topItems, trust, view } from './answers.ts';

function world() {
  let now = NOON;
  let timers: { at: number; run: () => void }[] = [];
  let fault: NoAnswer | null = null;
  let hidden = false;
  let slow: string | null = null;
  const asked: string[] = [];
  const events: LiveEvent[] = [];
  const told = <T>(name: string, answer: () => T) => (): Promise<T> => {
    asked.push(name);
    if (fault) return Promise.reject(fault);
    if (slow !== name) return Promise.resolve(answer());
    return new Promise((resolve) => void setTimer(() => resolve(answer()), 1_400));
  };
  const questions: Questions = {
    topItems: ({ from, to, parts }) => told(parts ? 'total' : 'items', () => topItems({ from, to, view: view({ speed_as_of: now }) }))(),
    timeline: told('timeline', () => timeline([1])),
    locations: told('locations', () => locations({ 1: 1 })),
    trust: told('trust', () => trust()),
    verdict: told('verdict', () => null),
    detections: told('detections', () => listed([])),
    detection: told('detection', () => null),
    runs: told('runs', () => ({ runs: [], total: 0, attempts: [] })),
    report: told('report', () => null),
    lake: told('lake', () => ({ root: '/sightline/lake', webhdfs: 'http://127.0.0.1:9870', days: [] })),
  };
  const setTimer = (run: () => void, ms: number) => {
    const timer = { at: now + ms, run };
    timers = [...timers, timer].sort((a, b) => a.at - b.at);
    return () => void (timers = timers.filter((one) => one !== timer));
  };
  const feed = startFeed({ questions, now: () => now, setTimer, isHidden: () => hidden, random: () => 0.5 }, null, (event) => void events.push(event), () => undefined);
  return {
    feed,
    events,
    asked,
    fail: (with_: NoAnswer | null) => void (fault = with_),
    hide: (value: boolean) => void (hidden = value),
    nextInMs: () => (timers[0] ? timers[0].at - now : null),
    slow: (name: string | null) => void (slow = name),
    async pass(ms: number) {
      const end = now + ms;
      for (;;) {
        const timer = timers[0];
        if (!timer || timer.at > end) break;
        timers = timers.slice(1);
        now = Math.max(now, timer.at);
        timer.run();
        for (let turn = 0; turn < 8; turn++) await soon();
      }
      now = end;
    },
  };
}

const count = (asked: readonly string[], name: string): number => asked.filter((one) => one === name).length;

test('the total is asked at every refresh, what changes slowly less often', async () => {
  const { feed, asked, pass, events } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(9_000);
  assert.equal(count(asked, 'total'), 10);
  assert.equal(count(asked, 'trust'), 1);
  assert.equal(events.filter(({ type }) => type === 'board').length, 10);
  feed.stop();
});

test('after the stop nothing is asked', async () => {
  const { feed, asked, pass } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(1_000);
  feed.stop();
  const before = asked.length;
  await pass(60_000);
  assert.equal(asked.length, before);
});

test('a silence is met with longer and longer pauses, a store with the pause it asks for', async () => {
  const { feed, pass, fail, events, nextInMs } = world();
  fail(new NoAnswer('offline', 'No connection'));
  feed.show(DEFAULTS, 1_000);
  const waits: (number | null)[] = [];
  await pass(0);
  for (let n = 0; n < 6; n++) {
    waits.push(nextInMs());
    await pass(nextInMs()!);
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  fail(new NoAnswer('down', 'HBase does not answer', { retryAfterMs: 5_000 }));
  await pass(nextInMs()!);
  assert.equal(nextInMs(), 5_000);
  fail(null);
  await pass(5_000);
  assert.equal(events.at(-1)?.type, 'board');
  feed.stop();
});

test('a paused page asks how things stand and paints nothing, but paints another choice once', async () => {
  const { feed, pass, events } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(0);
  feed.show(DEFAULTS, null);
  await pass(20_000);
  assert.deepEqual(events.map(({ type }) => type), ['board', 'pulse', 'pulse']);
  feed.show({ ...DEFAULTS, window: '24h' }, null);
  await pass(100);
  assert.equal(events.at(-1)?.type, 'board');
  feed.stop();
});

test('a hidden page asks nothing and catches up once', async () => {
  const { feed, pass, hide, asked } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(0);
  hide(true);
  await pass(60_000);
  const before = count(asked, 'total');
  hide(false);
  feed.askNow();
  await pass(0);
  assert.equal(count(asked, 'total'), before + 1);
  feed.stop();
});

test('a slow part does not hold up the total of a choice that is shown; it follows when it is there', async () => {
  const { feed, pass, slow, events, asked } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(0);
  slow('locations');
  await pass(14_000);
  const boards = events.flatMap((event) => (event.type === 'board' ? [event.board] : []));
  assert.ok(boards.length >= 13, `${boards.length} boards`);
  assert.ok(count(asked, 'locations') <= 9);
  const asOf = boards.map(({ parts }) => parts.places?.at);
  assert.equal(asOf[0], NOON);
  assert.ok(asOf.at(-1)! > NOON);
  feed.stop();
});

test('a new choice is painted when all of it is there', async () => {
  const { feed, pass, slow, events } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(0);
  slow('timeline');
  feed.show({ ...DEFAULTS, location: '17' }, 1_000);
  await pass(1_300);
  assert.equal(events.length, 1);
  await pass(200);
  const last = events.at(-1);
  assert.ok(last?.type === 'board' && last.board.subject.location === '17' && last.board.parts.timeline);
  feed.stop();
});
