/**
 * The stream that the tabs of a browser share, against a channel, a clock and a server of the test's own.
 *
 * Model: a message reaches every other tab at once, in order, unless a tab is frozen: then it waits, as do the tab's
 * timers. Every open stream tells the newest total of each of its questions.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MultiListener } from '../../../../dashboard-next/feed/event-stream.ts';
import type { SharedStream, TabMessage } from '../../../../dashboard-next/feed/shared-stream.ts';
import type { Reader } from '../../../../dashboard-next/model/page.ts';
import { sharedStream } from '../../../../dashboard-next/feed/shared-stream.ts';
import { NOON, topItems, view } from '../answers.ts';

interface Tab {
  readonly shared: SharedStream;
  readonly totals: number[];
  troubles: number;
  frozen: boolean;
  readonly inbox: TabMessage[];
  readonly hear: (message: TabMessage) => void;
  gone: boolean;
}

const ANNA: Reader = { mark: 'anna', since: 1 };

function browser() {
  let now = 0;
  let timers: { at: number; tab: () => Tab; run: () => void }[] = [];
  const tabs: Tab[] = [];
  const streams: { questions: readonly string[]; heard: MultiListener; tab: () => Tab }[] = [];
  const atOnce = { most: 0 };

  const tab = (reader = ANNA): Tab => {
    let hear: (message: TabMessage) => void = () => undefined;
    const self = (): Tab => made;
    const setTimer = (run: () => void, ms: number) => {
      const timer = { at: now + ms, tab: self, run };
      timers = [...timers, timer].sort((a, b) => a.at - b.at);
      return () => void (timers = timers.filter((one) => one !== timer));
    };
    const shared = sharedStream({
      id: String(tabs.length),
      reader,
      setTimer,
      now: () => now,
      random: () => 0.5,
      open(questions, heard) {
        const stream = { questions, heard, tab: self };
        streams.push(stream);
        atOnce.most = Math.max(atOnce.most, streams.length);
        return () => void (streams.includes(stream) && streams.splice(streams.indexOf(stream), 1));
      },
      join(take) {
        hear = take;
        return (message) => {
          for (const other of tabs) {
            if (other === made || other.gone) continue;
            if (other.frozen) other.inbox.push(message);
            else other.hear(message);
          }
        };
      },
    });
    const made: Tab = {
      shared,
      totals: [],
      troubles: 0,
      frozen: false,
      inbox: [],
      hear: (message) => hear(message),
      gone: false,
    };
    tabs.push(made);
    return made;
  };
  const pass = (ms: number): void => {
    for (const end = now + ms; now < end; now += 50) {
      const due = timers.filter(({ at, tab }) => at <= now && !tab().frozen && !tab().gone);
      timers = timers.filter((timer) => !due.includes(timer) && !timer.tab().gone);
      for (const { run } of due) run();
    }
  };
  return {
    streams,
    atOnce,
    tab,
    pass,
    /** A page with a question of its own, as push.ts asks. */
    page(question: string, reader?: Reader): Tab {
      const one = tab(reader);
      one.shared.open(question, {
        topItems: ({ total }) => one.totals.push(total),
        view: () => undefined,
        trouble: () => (one.troubles += 1),
      });
      return one;
    },
    /** Every stream tells of a new total. */
    count(total: number): void {
      for (const { questions, heard, tab } of [...streams]) {
        if (!tab().frozen)
          for (const question of questions)
            heard.answer(question, topItems({ total, view: view({ speed_as_of: NOON + total }) }));
      }
    },
    close(one: Tab): void {
      one.shared.rest();
      one.gone = true;
    },
    crash(one: Tab): void {
      one.gone = true;
      for (const stream of streams.filter(({ tab }) => tab() === one)) streams.splice(streams.indexOf(stream), 1);
    },
    thaw(one: Tab): void {
      one.frozen = false;
      for (const message of one.inbox.splice(0)) one.hear(message);
    },
  };
}

const QUESTIONS = ['all.3600.10', '17.300.10', '1.300.10', '2.300.10', 'all.300.5', 'all.3600.10', '17.86400.10'];

test('seven windows of one browser share one stream, each with its own question', () => {
  const { page, pass, streams, count, atOnce } = browser();
  const pages = QUESTIONS.map((question) => page(question));
  pass(3_000);
  assert.equal(streams.length, 1);
  assert.deepEqual([...streams[0]!.questions].sort(), [...new Set(QUESTIONS)].sort());
  count(41);
  assert.deepEqual(
    pages.map(({ totals }) => totals.at(-1)),
    pages.map(() => 41),
  );
  assert.ok(atOnce.most <= 2, 'never more than the one before beside it');
});

test('a new page gets known answers at once, and its own question joins the stream', () => {
  const { page, pass, streams, count } = browser();
  const first = page('all.3600.10');
  pass(1_000);
  count(7);
  assert.equal(streams.length, 1);
  const same = page('all.3600.10');
  const other = page('17.300.10');
  assert.deepEqual(same.totals, [7]);
  pass(100);
  count(8);
  assert.deepEqual([same.totals, other.totals], [[7, 8], [8]]);
  pass(900);
  assert.deepEqual(
    streams.map(({ tab }) => tab().shared),
    [first.shared],
    'no later page leads',
  );
});

test('when the leading tab closes, another leads; no answer is missed or delivered twice', () => {
  const { page, pass, streams, count, close } = browser();
  const pages = QUESTIONS.map((question) => page(question));
  pass(1_000);
  count(1);
  close(streams[0]!.tab());
  const left = pages.filter(({ gone }) => !gone);
  pass(500);
  assert.equal(streams.length, 1);
  count(2);
  for (const { totals, troubles } of left) assert.deepEqual([totals, troubles], [[1, 2], 0]);
});

test('when the leading tab freezes, the others ask for themselves until one leads; when it continues, one leads', () => {
  for (const end of ['crash', 'freeze'] as const) {
    const { page, pass, streams, count, crash, thaw } = browser();
    const pages = QUESTIONS.map((question) => page(question));
    pass(1_000);
    count(1);
    const first = streams[0]!.tab();
    if (end === 'crash') crash(first);
    else first.frozen = true;
    pass(9_000);
    const others = pages.filter((one) => one !== first);
    assert.ok(
      others.every(({ troubles }) => troubles > 0),
      'told, so that they ask',
    );
    count(2);
    for (const { totals } of others) assert.deepEqual(totals, [1, 2]);
    if (end === 'crash') continue;
    thaw(first);
    pass(3_000);
    assert.equal(streams.length, 1);
    count(3);
    for (const { totals } of pages) assert.equal(totals.at(-1), 3);
  }
});

test('a hidden page does not lead, and gets answers again when it is shown', () => {
  const { page, pass, streams, count } = browser();
  const [one, two] = [page('all.3600.10'), page('17.300.10')];
  pass(1_000);
  one.shared.rest();
  pass(1_000);
  assert.deepEqual(
    streams.map(({ questions }) => questions),
    [['17.300.10']],
  );
  one.shared.wake();
  pass(2_500);
  count(5);
  assert.deepEqual([one.totals, two.totals, streams.length], [[5], [5], 1]);
});

test('when another reader signs in, the old stream ends, and a new one is opened for that reader', () => {
  const { page, pass, streams, count } = browser();
  const old = page('all.3600.10');
  pass(1_000);
  count(1);
  const [before] = streams;
  const newer = page('all.3600.10', { mark: 'ben', since: 2 });
  assert.equal(newer.totals.length, 0, 'what another reader was told is not handed on');
  pass(3_000);
  assert.ok(!streams.includes(before!) && streams.length === 1);
  count(2);
  assert.deepEqual([old.totals, newer.totals], [[1, 2], [2]]);
});

test('an answer that is older than the last one is dropped', () => {
  const { page, pass, count } = browser();
  const one = page('all.3600.10');
  pass(1_000);
  count(9);
  count(8);
  assert.deepEqual(one.totals, [9]);
});

test('questions beyond the limit of a stream are asked without it', () => {
  const { page, pass, streams } = browser();
  const pages = Array.from({ length: 14 }, (_, index) => page(`${index}.300.10`));
  pass(4_000);
  assert.equal(streams[0]!.questions.length, 12);
  assert.equal(pages.filter(({ troubles }) => troubles > 0).length, 2);
});
