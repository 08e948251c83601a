import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpQuestions, verdictOf } from '../../../../dashboard-next/feed/http-questions.ts';
import { serverClock } from '../../../../dashboard-next/feed/clock.ts';
import type { NoAnswer } from '../../../../dashboard-next/model/questions.ts';
import { NOON, topItems } from '../answers.ts';

const answering = (response: () => Response | Promise<Response>) => {
  const urls: string[] = [];
  const questions = httpQuestions(serverClock(NOON), '', (url) => {
    urls.push(url);
    return Promise.resolve(response());
  });
  return { questions, urls };
};

test('a question becomes the API’s address, and its answer comes back', async () => {
  const { questions, urls } = answering(() => Response.json(topItems({ total: 7 })));
  const answer = await questions.topItems({ location: '17', from: 1, to: 2, limit: 5, parts: true });
  assert.equal(answer.total, 7);
  await questions.topItems({ location: '17', from: 1, to: 2, limit: 5, allowPartial: true });
  await questions.locations({ from: 1, to: 2, allowPartial: false });
  assert.deepEqual(urls, [
    '/api/v1/top-items?location=17&from=1&to=2&limit=5&parts=true',
    '/api/v1/top-items?location=17&from=1&to=2&limit=5&allow_partial=true',
    '/api/v1/locations?from=1&to=2',
  ]);
});

test('a page whose session is over goes to the sign-in by itself; one whose role is missing does not', async () => {
  const signedIn: number[] = [];
  const ask = (status: number, headers: Record<string, string>) =>
    httpQuestions(
      serverClock(NOON),
      '',
      async () => Response.json({}, { status, headers }),
      () => void signedIn.push(status),
    ).trust();
  await assert.rejects(ask(401, { 'x-sightline-sign-in': '/api/auth/login' }), { kind: 'forbidden' });
  await assert.rejects(ask(401, {}), { kind: 'forbidden' });
  await assert.rejects(ask(403, {}), { kind: 'forbidden' });
  assert.deepEqual(signedIn, [401]);
});

test('each failure has its kind: a store is down, the question is wrong, there is no connection', async () => {
  const problem = { title: 'HBase does not answer', detail: 'connection refused', request_id: 'r1' };
  const ask = (response: () => Response | Promise<Response>) =>
    answering(response).questions.locations({ from: 1, to: 2 });
  await assert.rejects(
    ask(() => Response.json(problem, { status: 503, headers: { 'retry-after': '5' } })),
    (fault: NoAnswer) => {
      assert.deepEqual(
        [fault.kind, fault.title, fault.retryAfterMs, fault.requestId],
        ['down', problem.title, 5_000, 'r1'],
      );
      return true;
    },
  );
  const costly = { title: 'The question takes too long', detail: 'choose a shorter window', narrow: ['from'] };
  await assert.rejects(
    ask(() => Response.json(costly, { status: 503 })),
    { kind: 'costly', title: costly.title, detail: costly.detail, retryAfterMs: null },
  );
  await assert.rejects(
    ask(() => Response.json({}, { status: 400 })),
    { kind: 'refused', title: 'The API answered 400' },
  );
  await assert.rejects(
    ask(() => new Response('<html>', { status: 200 })),
    { kind: 'offline' },
  );
  await assert.rejects(
    ask(() => Promise.reject(new TypeError('fetch failed'))),
    { kind: 'offline', detail: 'fetch failed' },
  );
});

test('a search in a day of the lake has a longer time limit', async () => {
  const limits: number[] = [];
  const timeout = AbortSignal.timeout;
  AbortSignal.timeout = (ms) => (limits.push(ms), timeout.call(AbortSignal, ms));
  try {
    const { questions } = answering(() => Response.json({}, { status: 404 }));
    assert.deepEqual(
      [await questions.detection('1', null), await questions.detection('1', '2026-11-22')],
      [null, null],
    );
    assert.ok(limits[1]! > 30_000 && limits[0]! < 10_000);
  } finally {
    AbortSignal.timeout = timeout;
  }
});

test('an epoch without a report has no verdict', async () => {
  const { questions } = answering(() => Response.json({}, { status: 404 }));
  assert.equal(await questions.verdict('2026-11-22'), null);
  assert.equal(verdictOf({ epoch: 'e', result: 'failed' }), null);
  assert.deepEqual(verdictOf({ epoch: 'e', result: 'repaired', comparison: { differences: { count: 3 } } }), {
    epoch: 'e',
    result: 'repaired',
    differences: 3,
  });
});

test('the server’s clock follows from its answers, and a small difference is ignored', () => {
  let own = 1_000_000;
  const clock = serverClock(0, () => own);
  assert.equal(clock.now(), own);
  const second = Math.floor(own / 1_000) * 1_000;
  clock.observe(new Date(second).toUTCString(), own, own + 50);
  assert.equal(clock.now(), own);
  clock.observe(new Date(second + 90_000).toUTCString(), own, own + 50);
  assert.ok(clock.now() - own >= 89_950 && clock.now() - own <= 91_000);
  own += 10;
  assert.ok(serverClock(own + 5_000, () => own).now() === own + 5_000);
});
