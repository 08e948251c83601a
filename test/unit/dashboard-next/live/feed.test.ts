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
import { locations, NOON, timeline, topItems, trust, view } from './answers.ts';

function world() {
  let now = NOON;
  let due: { at: number; run: () => void } | null = null;
  let fault: NoAnswer | null = null;
  let hidden = false;
  const asked: string[] = [];
  const events: LiveEvent[] = [];
  const told = <T>(name: string, answer: () => T) => (): Promise<T> => {
    asked.push(name);
    return fault ? Promise.reject(fault) : Promise.resolve(answer());
  };
  const questions: Questions = {
    topItems: ({ from, to, parts }) => told(parts ? 'total' : 'items', () => topItems({ from, to, view: view({ speed_as_of: now }) }))(),
    timeline: told('timeline', () => timeline([1])),
    locations: told('locations', () => locations({ 1: 1 })),
    trust: told('trust', () => trust()),
    verdict: told('verdict', () => null),
  };
  const setTimer = (run: () => void, ms: number) => {
    const timer = { at: now + ms, run };
    due = timer;
    return () => {
      if (due === timer) due = null;
    };
  };
  const feed = startFeed({ questions, now: () => now, setTimer, isHidden: () => hidden, random: () => 0.5 }, null, (event) => void events.push(event), () => undefined);
  return {
    feed,
    events,
    asked,
    fail: (with_: NoAnswer | null) => void (fault = with_),
    hide: (value: boolean) => void (hidden = value),
    nextInMs: () => (due ? due.at - now : null),
    async pass(ms: number) {
      const end = now + ms;
      for (;;) {
        const timer = due as { at: number; run: () => void } | null;
        if (!timer || timer.at > end) break;
        due = null;
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
  assert.equal(nextInMs(), 1_000);
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
