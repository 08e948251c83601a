/**
 * Several questions in one stream, as the windows of one browser ask them; and what is counted beside a window, at the
 * same moment.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StreamEvent } from '../../support/event-stream.ts';
import type { Stage } from './serving-double.ts';
import type { Sighting } from './world.ts';
import { oid } from '../../../core/domain/oid.ts';
import { HOUR_MS, MINUTE_MS } from '../../../core/domain/time.ts';
import { StreamedTopItems, TopItemsAnswer } from '../../../serving/answers.ts';
import { getTopItems } from '../../../serving/http/counts.ts';
import { getStream } from '../../../serving/http/stream.ts';
import {
  MOST_STREAMED,
  nameOfQuestion,
  QUESTIONS_PATTERN,
  readQuestionNames,
} from '../../../serving/stream/question.ts';
import { readEvents } from '../../support/event-stream.ts';
import { stageOf } from './serving-double.ts';
import { NOW, worldOf } from './world.ts';

const seen = (id: number, place: string, agoMs = MINUTE_MS): Sighting => ({
  id: oid(id),
  location: oid(place),
  item: 'car',
  detectedAt: NOW - agoMs,
  arrival: NOW - agoMs + 1_000,
});

interface Client {
  /** The next answer to a question. */
  readonly next: (question: string) => Promise<StreamedTopItems>;
  readonly event: (name: string) => Promise<StreamEvent>;
  readonly leave: () => void;
}

async function connect(stage: Stage, questions: readonly string[]): Promise<Client> {
  const gone = new AbortController();
  const response = await getStream(
    new Request(`http://127.0.0.1:3000/api/v1/stream?questions=${questions.join(',')}`, { signal: gone.signal }),
    {},
    stage.serving,
  );
  assert.equal(response.status, 200);
  const events = readEvents(response.body!);
  const kept: StreamEvent[] = [];
  const event = async (name: string, fits: (one: StreamEvent) => boolean = () => true): Promise<StreamEvent> => {
    for (;;) {
      const at = kept.findIndex((one) => one.event === name && fits(one));
      if (at >= 0) return kept.splice(at, 1)[0]!;
      const { value, done } = await events.next();
      if (done) throw new Error(`the stream ended before ${name}`);
      kept.push(value);
    }
  };
  const next = async (question: string) =>
    StreamedTopItems.parse(
      JSON.parse(
        (await event('top-items', ({ data }) => (JSON.parse(data) as StreamedTopItems).question === question)).data,
      ),
    );
  return { next, event, leave: () => gone.abort() };
}

test('a stream answers all of its questions, each with its name, and takes one place', async () => {
  const stage = stageOf([seen(1, '42'), seen(2, '1')]);
  const client = await connect(stage, ['all.300.10', '42.3600.5', '1.86400.10']);
  assert.deepEqual(
    [
      (await client.next('all.300.10')).total,
      (await client.next('42.3600.5')).total,
      (await client.next('1.86400.10')).total,
    ],
    [2, 1, 1],
  );
  const { values } = await stage.serving.metrics.registry.getSingleMetric('sightline_stream_connections')!.get();
  assert.equal(values[0]?.value, 1);
  stage.all = [...stage.all, seen(3, '42')];
  stage.world = worldOf(stage.all, { horizon: null, prunedTo: -1 });
  stage.progress = stage.progress.map((row) => ({ ...row, nextOffset: row.nextOffset + 1 }));
  assert.deepEqual([(await client.next('all.300.10')).total, (await client.next('42.3600.5')).total], [3, 2]);
  client.leave();
});

test('a question of a stream that has no answer is named, and the others go on', async () => {
  const stage = stageOf([seen(1, '42')]);
  const { speedView } = stage.world;
  stage.world = {
    ...stage.world,
    speedView: {
      ...speedView,
      changed: async (reading, limits) =>
        reading.scope === '1' ? (limits?.onBytes?.(2 ** 40), []) : speedView.changed(reading, limits),
    },
  };
  const client = await connect(stage, ['all.300.10', '1.300.10']);
  assert.equal((await client.next('all.300.10')).total, 1);
  const problem = JSON.parse((await client.event('problem')).data) as { question: string; title: string };
  assert.deepEqual([problem.question, problem.title], ['1.300.10', 'The question asks for too much']);
  client.leave();
});

test('what is counted since midnight stands on the moment of the window beside it', async () => {
  const midnight = NOW - 14 * HOUR_MS;
  const stage = stageOf([seen(1, '42'), seen(2, '42', 3 * HOUR_MS), seen(3, '1', 20 * HOUR_MS)]);
  const answer = TopItemsAnswer.strict().parse(
    await (
      await getTopItems(new Request(`http://127.0.0.1:3000/api/v1/top-items?since=${midnight}`), {}, stage.serving)
    ).json(),
  );
  assert.equal(answer.total, 1);
  assert.deepEqual(
    [answer.since?.total, answer.since?.from, answer.since?.to],
    [2, Math.floor(midnight / MINUTE_MS) * MINUTE_MS, answer.to],
  );
  const client = await connect(stage, [`42.300.10.${midnight}`]);
  assert.equal((await client.next(`42.300.10.${midnight}`)).since?.total, 2);
  client.leave();
});

test('a question’s name leads back to it, and what the description says of names is so', () => {
  const questions = fc.record(
    {
      location: fc.constantFrom('all', '0', '-7', '9007199254740993', '9223372036854775807'),
      windowSeconds: fc.integer({ min: 60, max: 604_800 }),
      limit: fc.integer({ min: 1, max: 1_000 }),
      since: fc.integer({ min: 0, max: NOW }),
    },
    { requiredKeys: ['location', 'windowSeconds', 'limit'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(questions, (question) =>
      assert.deepEqual(readQuestionNames(nameOfQuestion(question as never)), [question]),
    ),
  );
  fc.assert(
    fc.property(fc.stringMatching(new RegExp(QUESTIONS_PATTERN)), (names) =>
      assert.equal(readQuestionNames(names)?.map(nameOfQuestion).join(), [...new Set(names.split(','))].join()),
    ),
  );
  for (const name of [
    '',
    'all',
    'all.60',
    'all.59.1',
    'all.60.0',
    'all.604801.1',
    'all.60.1001',
    'all.60.1.1.1',
    '007.60.1',
    'all.60.01',
    '9223372036854775808.60.1',
  ])
    assert.equal(readQuestionNames(name), null, name);
  assert.equal(readQuestionNames(Array.from({ length: MOST_STREAMED + 1 }, (_, n) => `${n}.60.1`).join()), null);
  assert.ok(MOST_STREAMED >= 7, 'seven windows share one');
});
