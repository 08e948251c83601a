/**
 * The feed against a clock and an API of the test's own: what is asked when, and what a silence leads to.
 *
 * Model: time moves only when the test says so; answers come at once; every event is kept.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as soon } from 'node:timers/promises';
import { DEFAULTS } from '../../../../dashboard-next/model/address.ts';
import type { Questions } from '../../../../dashboard-next/model/questions.ts';
import { NoAnswer } from '../../../../dashboard-next/model/questions.ts';
import type { Listener, OpenStream } from '../../../../dashboard-next/feed/push.ts';
import type { LiveEvent } from '../../../../dashboard-next/model/live-state.ts';
import type { Board } from '../../../../dashboard-next/model/board.ts';
import { momentOf } from '../../../../dashboard-next/model/board.ts';
import { startFeed } from '../../../../dashboard-next/feed/feed.ts';
import { listed, locations, NOON, timeline, topItems, trust, view } from '../answers.ts';

function world({ streams = false } = {}) {
  let now = NOON;
  let timers: { at: number; run: () => void }[] = [];
  let fault: NoAnswer | null = null;
  let hidden = false;
  let slow: string | null = null;
  const asked: string[] = [];
  const events: LiveEvent[] = [];
  const told =
    <T>(name: string, answer: () => T) =>
    (): Promise<T> => {
      asked.push(name);
      if (fault) return Promise.reject(fault);
      if (slow !== name) return Promise.resolve(answer());
      return new Promise((resolve) => void setTimer(() => resolve(answer()), 1_400));
    };
  const questions: Questions = {
    // One detection a tenth of a second, all of them of the last minutes.
    topItems: ({ from, to, parts, since }) =>
      told(parts ? 'total' : 'items', () => {
        const total = Math.round((now - NOON) / 100) + 7;
        return topItems({
          from,
          to,
          total,
          view: view({ speed_as_of: now }),
          ...(since === undefined ? {} : { since: { from: since, to, total } }),
        });
      })(),
    timeline: told('timeline', () => timeline([1], { view: view({ speed_as_of: now }) })),
    locations: told('locations', () => ({ ...locations({ 1: 1 }), view: view({ speed_as_of: now }) })),
    trust: told('trust', () => trust({ view: view({ speed_as_of: now }) })),
    verdict: told('verdict', () => null),
    detections: told('detections', () => listed([], { view: view({ speed_as_of: now }) })),
    detection: told('detection', () => null),
    runs: told('runs', () => ({ runs: [], total: 0, attempts: [] })),
    report: told('report', () => null),
    cameras: told('cameras', () => ({
      from: 0,
      to: 0,
      analysed_to: null,
      total: 0,
      states: { silent: 0, dark: 0, frozen: 0, blurred: 0, well: 0 },
      cameras: [],
    })),
    lake: told('lake', () => ({ root: '/sightline/lake', webhdfs: 'http://127.0.0.1:9870', days: [] })),
  };
  const streamed: { question: string; heard: Listener; open: boolean }[] = [];
  const openStream: OpenStream | null = streams
    ? (question, heard) => {
        const stream = { question, heard, open: true };
        streamed.push(stream);
        return () => void (stream.open = false);
      }
    : null;
  const setTimer = (run: () => void, ms: number) => {
    const timer = { at: now + ms, run };
    timers = [...timers, timer].sort((a, b) => a.at - b.at);
    return () => void (timers = timers.filter((one) => one !== timer));
  };
  const feed = startFeed(
    { questions, now: () => now, setTimer, isHidden: () => hidden, random: () => 0.5, openStream },
    null,
    (event) => void events.push(event),
    () => undefined,
  );
  return {
    streamed,
    now: () => now,
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

test('the total is asked for at every refresh, slow answers less often', async () => {
  const { feed, asked, pass, events } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(9_000);
  assert.equal(count(asked, 'total'), 10);
  assert.equal(count(asked, 'trust'), 1);
  assert.equal(events.filter(({ type }) => type === 'board').length, 10);
  feed.stop();
});

test('a stopped feed asks nothing', async () => {
  const { feed, asked, pass } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(1_000);
  feed.stop();
  const before = asked.length;
  await pass(60_000);
  assert.equal(asked.length, before);
});

test('without a connection the pauses grow; a store decides its own pause', async () => {
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

test('a paused page asks for the state and paints nothing, but paints another choice once', async () => {
  const { feed, pass, events } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(0);
  feed.show(DEFAULTS, null);
  await pass(20_000);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['board', 'pulse', 'pulse'],
  );
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

test('a slow answer does not delay the total of the same choice; it follows later', async () => {
  const { feed, pass, slow, events, asked } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(0);
  slow('locations');
  await pass(14_000);
  const boards = events.flatMap((event) => (event.type === 'board' ? [event.board] : []));
  assert.ok(boards.length >= 13, `${boards.length} boards`);
  assert.ok(count(asked, 'locations') <= 9);
  const asOf = boards.map(({ answers: parts }) => parts.places?.at);
  assert.equal(asOf[0], NOON);
  assert.ok(asOf.at(-1)! > NOON);
  feed.stop();
});

test('a new choice is painted when all its answers are there', async () => {
  const { feed, pass, slow, events } = world();
  feed.show(DEFAULTS, 1_000);
  await pass(0);
  slow('timeline');
  feed.show({ ...DEFAULTS, location: '17' }, 1_000);
  await pass(1_300);
  assert.equal(events.length, 1);
  await pass(200);
  const last = events.at(-1);
  assert.ok(last?.type === 'board' && last.board.subject.location === '17' && last.board.answers.timeline);
  feed.stop();
});

test('a pushed total is painted and not asked for; all other answers are asked for', async () => {
  const { feed, streamed, asked, events, pass } = world({ streams: true });
  feed.show(DEFAULTS, 1_000);
  await pass(1_000);
  assert.equal(streamed.length, 1);
  assert.equal(streamed[0]!.question, `all.3600.10.${Date.UTC(2026, 10, 23)}`);
  const before = asked.filter((name) => name === 'total').length;
  streamed[0]!.heard.topItems(topItems({ total: 41, view: view({ speed_as_of: NOON + 2_000 }) }));
  await pass(6_000);
  assert.equal(asked.filter((name) => name === 'total').length, before);
  const last = events.at(-1);
  assert.ok(last?.type === 'board' && last.board.top.total === 41 && last.board.isPushed);
  assert.ok(asked.filter((name) => name === 'timeline').length > 1);
});

test('if the stream breaks, reports a problem or is silent, the feed asks', async () => {
  for (const befalls of ['trouble', 'silence'] as const) {
    const { feed, streamed, asked, pass } = world({ streams: true });
    feed.show(DEFAULTS, 1_000);
    await pass(1_000);
    streamed[0]!.heard.topItems(topItems({ total: 41 }));
    if (befalls === 'trouble') streamed[0]!.heard.trouble();
    await pass(befalls === 'trouble' ? 0 : 15_000);
    const before = asked.filter((name) => name === 'total').length;
    await pass(3_000);
    assert.ok(asked.filter((name) => name === 'total').length >= before + 2, befalls);
  }
});

test('pausing keeps the stream, a hidden page closes it, a fixed range has none', async () => {
  const { feed, streamed, hide, pass, events } = world({ streams: true });
  feed.show(DEFAULTS, 1_000);
  await pass(1_000);
  streamed[0]!.heard.topItems(topItems({ total: 41 }));
  feed.show(DEFAULTS, null);
  await pass(12_000);
  assert.ok(streamed[0]!.open);
  assert.equal(events.at(-1)?.type, 'pulse');
  hide(true);
  feed.askNow();
  await pass(0);
  assert.equal(streamed[0]!.open, false);
  hide(false);
  feed.show({ ...DEFAULTS, fixed: { from: NOON - 600_000, to: NOON } }, 1_000);
  await pass(1_000);
  assert.equal(streamed.length, 1);
});

/** Everything on a board that says as of when it is. */
function moments({ answers: parts }: Board): number[] {
  return Object.values(parts)
    .map((part) => momentOf(part))
    .filter(Number.isFinite);
}

test('no answer on a page is newer than its total, asked for or pushed, and all answers come', async () => {
  for (const streams of [false, true]) {
    const { feed, pass, events, streamed, now } = world({ streams });
    feed.show({ ...DEFAULTS, route: { page: 'place', location: '17' }, location: '17' }, 1_000);
    for (let second = 0; second < 30; second++) {
      streamed[0]?.heard.topItems(topItems({ view: view({ speed_as_of: now() - 300 }) }));
      await pass(1_000);
    }
    const boards = events.flatMap((event) => (event.type === 'board' ? [event.board] : []));
    assert.ok(boards.length >= 29, `${boards.length} boards`);
    for (const board of boards)
      for (const asOf of moments(board))
        assert.ok(asOf <= board.top.view.speed_as_of, `${asOf - board.top.view.speed_as_of} ms later`);
    for (const name of ['timeline', 'places', 'trust', 'latest'] as const)
      assert.ok(boards.at(-1)!.answers[name], `${name}, ${streams ? 'pushed' : 'asked'}`);
    assert.ok(
      boards.at(-1)!.top.view.speed_as_of - momentOf(boards.at(-1)!.answers.latest!) <= 2_300,
      'what is asked each time is two paints behind at most',
    );
    feed.stop();
  }
});

test('today so far is in the answer with the total: it is never below the total of a window within today', async () => {
  const { feed, pass, events, asked } = world();
  feed.show({ ...DEFAULTS, window: '15m' }, 1_000);
  await pass(25_000);
  const boards = events.flatMap((event) => (event.type === 'board' ? [event.board] : []));
  assert.ok(boards.at(-1)!.top.total > boards[0]!.top.total + 20, 'detections go on arriving');
  for (const { top } of boards)
    assert.ok(top.since && top.since.total >= top.total, `${top.since?.total} today, ${top.total} in the window`);
  assert.equal(count(asked, 'total'), boards.length, 'one question gives both');
  feed.stop();
});
