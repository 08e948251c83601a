/**
 * Streams as clients meet them: states as they change, one read for all who ask the same, nothing left when they are
 * gone.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import type { Stage } from './serving-double.ts';
import type { Sighting } from './world.ts';
import { oid } from '../../../core/domain/oid.ts';
import { Retryable } from '../../../core/process/errors.ts';
import * as answers from '../../../serving/answers.ts';
import { getStream } from '../../../serving/http/stream.ts';
import { Sink } from '../../../serving/stream/sink.ts';
import type { StreamEvent } from '../../support/event-stream.ts';
import { readEvents } from '../../support/event-stream.ts';
import { stageOf } from './serving-double.ts';
import { NOW, worldOf } from './world.ts';

const seen = (id: number, item: string): Sighting => ({
  id: oid(id),
  location: oid('42'),
  item,
  detectedAt: NOW - 60_000,
  arrival: NOW - 59_000,
});
const LIMIT_MS = 60_000;

interface Client {
  readonly response: Response;
  readonly next: (name?: string) => Promise<StreamEvent>;
  readonly leave: () => void;
}

async function connect(stage: Stage, query = '', headers: Record<string, string> = {}): Promise<Client> {
  const gone = new AbortController();
  const request = new Request(`http://127.0.0.1:3000/api/v1/stream${query}`, { headers, signal: gone.signal });
  const response = await getStream(request, {}, stage.serving);
  const events = response.body && response.status === 200 ? readEvents(response.body) : null;
  const next = async (name = 'top-items'): Promise<StreamEvent> => {
    for (;;) {
      const { value, done } = await events!.next();
      if (done) throw new Error(`the stream ended before ${name}`);
      if (value.event === name) return value;
    }
  };
  return { response, next, leave: () => gone.abort() };
}

/** As if the speed layer had counted one more. */
function count(stage: Stage, one: Sighting): void {
  stage.all = [...stage.all, one];
  stage.world = worldOf(stage.all, { horizon: null, prunedTo: -1 });
  stage.progress = stage.progress.map((row) => ({ ...row, nextOffset: row.nextOffset + 1 }));
}

async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + LIMIT_MS; !(await holds()); await pause(10)) {
    if (Date.now() > endMs) throw new Error(`${what} did not happen`);
  }
}

async function gauge(stage: Stage, name: string): Promise<number> {
  const { values } = await stage.serving.metrics.registry.getSingleMetric(name)!.get();
  return values[0]?.value ?? 0;
}

test('a client gets the state at once and each change after it, in the shape of an answer with parts', async () => {
  const stage = stageOf([seen(1, 'car')]);
  const client = await connect(stage, '?location=42&window=300');
  assert.equal(client.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.match(client.response.headers.get('cache-control')!, /no-store.*no-transform/);
  assert.equal(client.response.headers.get('x-accel-buffering'), 'no');
  const first = answers.StreamedTopItems.strict().parse(JSON.parse((await client.next()).data));
  assert.deepEqual(
    [first.total, first.parts, first.items[0]?.item_name, first.question],
    [1, { batch: 0, speed: 1 }, 'car', '42.300.10'],
  );
  count(stage, seen(2, 'bicycle'));
  const second = answers.StreamedTopItems.parse(JSON.parse((await client.next()).data));
  assert.equal(second.total, 2);
  client.leave();
});

test('viewers of one question share every read, and a question is read again only when progress moved', async () => {
  const stage = stageOf([seen(1, 'car')]);
  const clients = await Promise.all(Array.from({ length: 3 }, () => connect(stage)));
  await Promise.all(clients.map((client) => client.next()));
  assert.equal(stage.asked.speedView, 1);
  const polls = stage.asked.progress!;
  await eventually('five more polls', () => stage.asked.progress! >= polls + 5);
  assert.equal(stage.asked.speedView, 1, 'nothing moved, nothing is read');
  count(stage, seen(2, 'car'));
  for (const client of clients) assert.equal(JSON.parse((await client.next()).data).total, 2);
  assert.equal(stage.asked.speedView, 2);
  for (const client of clients) client.leave();
});

test('a client that comes back gets what is newer than its last event, and nothing twice', async () => {
  const stage = stageOf([seen(1, 'car')]);
  const first = await connect(stage);
  const { id } = await first.next();
  first.leave();
  const back = await connect(stage, '', { 'last-event-id': id! });
  count(stage, seen(2, 'car'));
  assert.equal(JSON.parse((await back.next()).data).total, 2, 'the state with the id was not sent again');
  back.leave();
  const late = await connect(stage, '', { 'last-event-id': id! });
  assert.equal(JSON.parse((await late.next()).data).total, 2, 'what changed meanwhile comes at once');
  late.leave();
});

test('when the minute turns the window moves on, without any new record', async () => {
  const stage = stageOf([seen(1, 'car')]);
  const client = await connect(stage, '?window=60');
  const { to } = JSON.parse((await client.next()).data);
  stage.now += 60_000;
  assert.equal(JSON.parse((await client.next()).data).to, to + 60_000);
  client.leave();
});

test('heartbeats come with the view while nothing changes', async () => {
  const stage = stageOf();
  const client = await connect(stage);
  await client.next();
  stage.now += 11_000;
  const view = answers.View.parse(JSON.parse((await client.next('view')).data));
  assert.equal(view.freshness_ms, 0);
  client.leave();
});

test('a store that goes away is told once, and its return too', async () => {
  const stage = stageOf([seen(1, 'car')]);
  const client = await connect(stage);
  await client.next();
  stage.faults = { control: new Retryable('HBase', 'the region server is away') };
  const problem = JSON.parse((await client.next('problem')).data);
  assert.deepEqual([problem.status, problem.title], [503, 'HBase does not answer']);
  stage.faults = {};
  await client.next('view');
  client.leave();
});

test('a stream whose first state cannot be read is a 503, and leaves nothing open', async () => {
  const stage = stageOf();
  stage.faults = { views: new Retryable('HBase', 'away') };
  const { response } = await connect(stage);
  assert.deepEqual([response.status, response.headers.has('retry-after')], [503, true]);
  assert.equal(await gauge(stage, 'sightline_stream_connections'), 0);
});

test('streams beyond the limit are a 503 with Retry-After; one that leaves makes room', async () => {
  const stage = stageOf();
  const clients = await Promise.all(Array.from({ length: 3 }, () => connect(stage)));
  const refused = await connect(stage);
  assert.deepEqual([refused.response.status, refused.response.headers.has('retry-after')], [503, true]);
  clients[0]!.leave();
  assert.equal((await connect(stage)).response.status, 200);
  stage.serving.streams.endAll();
});

test('when all have left nothing is open, and nothing is asked any more', async () => {
  const stage = stageOf();
  const clients = await Promise.all([connect(stage), connect(stage, '?limit=3'), connect(stage, '?location=42')]);
  assert.deepEqual(
    [await gauge(stage, 'sightline_stream_connections'), await gauge(stage, 'sightline_stream_questions')],
    [3, 3],
  );
  await clients[0]!.response.body!.cancel().catch(() => undefined);
  for (const client of clients) client.leave();
  assert.deepEqual(
    [await gauge(stage, 'sightline_stream_connections'), await gauge(stage, 'sightline_stream_questions')],
    [0, 0],
  );
  await pause(60);
  const polls = stage.asked.progress!;
  await pause(100);
  assert.equal(stage.asked.progress, polls);
});

test('stopping ends every stream in good order', async () => {
  const stage = stageOf();
  const client = await connect(stage);
  await client.next();
  await stage.serving.close();
  await assert.rejects(client.next(), /ended/);
  assert.equal(await gauge(stage, 'sightline_stream_connections'), 0);
});

test('a bad parameter of a stream is a 400 that names it', async () => {
  const stage = stageOf();
  for (const [query, field] of [
    ['?window=59', 'window'],
    ['?window=604801', 'window'],
    ['?limit=1001', 'limit'],
    ['?location=x', 'location'],
    ['?since=soon', 'since'],
    ['?questions=all.59.10', 'questions'],
    ['?questions=all.60.10,', 'questions'],
  ] as const) {
    const { response } = await connect(stage, query);
    assert.deepEqual([response.status, answers.Problem.parse(await response.json()).field], [400, field]);
  }
});

test('a client that does not read holds one state and one notice, the newest; after a minute it is cut', async () => {
  const frame = (n: number): Uint8Array => Uint8Array.of(n);
  const outcomes: string[] = [];
  let now = 0;
  let closed = 0;
  const sink = new Sink(frame(0), {
    now: () => now,
    onClosed: () => closed++,
    onState: (outcome) => outcomes.push(outcome),
  });
  for (let n = 1; n <= 100; n++) sink.state(frame(n));
  sink.notice(frame(200));
  assert.deepEqual(
    [outcomes.filter((one) => one === 'sent').length, outcomes.filter((one) => one === 'replaced').length],
    [1, 98],
  );
  const reader = sink.stream.getReader();
  const got = [];
  for (let at = 0; at < 4; at++) got.push((await reader.read()).value![0]);
  assert.deepEqual(got, [0, 1, 100, 200]);
  for (let n = 1; n <= 4; n++) sink.state(frame(n));
  now += 61_000;
  sink.notice(frame(5));
  assert.equal(closed, 1);
  sink.end();
  assert.equal(closed, 1);
});

test('a stream whose question comes to cost too much says so once, and reads it again only after a rest', async () => {
  const stage = stageOf([seen(1, 'car')]);
  const client = await connect(stage);
  await client.next();
  let reads = 0;
  count(stage, seen(2, 'bus'));
  stage.world = {
    ...stage.world,
    speedView: {
      ...stage.world.speedView,
      changed: async (_reading, limits) => (reads++, limits?.onBytes?.(2 ** 30), []),
    },
  };
  stage.now += 300;
  const problem = JSON.parse((await client.next('problem')).data) as { title: string; narrow: string[] };
  assert.deepEqual([problem.title, problem.narrow], ['The question asks for too much', ['from', 'to', 'location']]);
  for (let polls = 0; polls < 10; polls++) {
    count(stage, seen(3 + polls, 'bus'));
    stage.world = { ...stage.world, speedView: { ...stage.world.speedView, changed: async () => (reads++, []) } };
    stage.now += 30;
    await pause(25);
  }
  assert.equal(reads, 1);
  stage.now += 2_000;
  await client.next();
  client.leave();
});
