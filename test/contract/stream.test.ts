/**
 * Push from the real app on the real stores: one viewer and a thousand cost the stores the same, and leave nothing
 * behind.
 *
 * Method: `sightline serve` as a process; cells and progress are written as a speed worker writes them, and every
 * client must get each change. Store reads and open streams are the process's own metrics, open sockets are its file
 * descriptors. How long a change took to the clients is printed, not judged.
 */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { Agent, get } from 'node:http';
import { after, before, test } from 'node:test';
import { epochAt } from '../../core/domain/epoch.ts';
import { addToMinute } from '../../core/domain/hour-counts.ts';
import { hourOf, instant, minuteOf } from '../../core/domain/time.ts';
import type { StreamedTopItems } from '../../serving/answers.ts';
import type { AppProcess } from '../support/app-process.ts';
import { startApp } from '../support/app-process.ts';
import type { CountedStack } from '../support/counted-stack.ts';
import { countedStack } from '../support/counted-stack.ts';
import { COUNTED_RULES } from '../support/counted-world.ts';
import { eventually } from '../support/main-job.ts';

const VIEWERS = 1_000;
const CHANGES = 5;
const LIMIT_MS = 180_000;
const ITEM = 'unicycle';
let stack: CountedStack;
let app: AppProcess;
let counted = 0;
const minutesOf = new Map<string, number[]>();

before(async () => {
  stack = await countedStack({ seed: 1, now: Date.now(), facts: 0 });
  // All viewers of this test are one client.
  app = await startApp({ ...stack.environment, STREAMS_PER_CALLER: '2000' });
});

after(async () => {
  await app?.stop();
  await stack?.remove();
});

/** As a speed worker does it: the cell first, then the progress that covers it. Returns when that was. */
async function countOne(): Promise<number> {
  counted += 1;
  const now = instant(Date.now());
  const name = { group: 'all' as const, epoch: epochAt(now, COUNTED_RULES), hour: hourOf(now) };
  const key = `${name.epoch} ${name.hour}`;
  const minutes = minutesOf.get(key) ?? [];
  minutesOf.set(key, minutes);
  addToMinute(minutes, minuteOf(now));
  const cell = { kind: 'item', location: '', item: ITEM, minutes, upTo: counted } as const;
  await stack.stores.speedView.put([{ name, partition: 0, cells: [cell], listed: [] }]);
  await stack.stores.control.putProgress(1, [
    { partition: 0, nextOffset: counted + 1, arrival: now, tallies: { ...stack.world.tallies(0), new: counted } },
  ]);
  return Date.now();
}

interface Watcher {
  readonly states: { readonly offsets: number; readonly at: number; readonly answer: StreamedTopItems }[];
  readonly request: ClientRequest;
  status: number;
  ended: 'no' | 'well' | 'badly';
}

function watch(agent: Agent): Watcher {
  const watcher: Watcher = {
    states: [],
    status: 0,
    ended: 'no',
    request: get(`${app.address}/api/v1/stream?window=86400`, { agent }),
  };
  let text = '';
  watcher.request.on('response', (response) => {
    watcher.status = response.statusCode ?? 0;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      const frames = text.split('\n\n');
      text = frames.pop()!;
      for (const frame of frames) {
        const found = /^id: [^-]+-[^-]+-(\d+)-.*\nevent: top-items\ndata: (.*)$/s.exec(frame);
        if (found)
          watcher.states.push({
            offsets: Number(found[1]),
            at: Date.now(),
            answer: JSON.parse(found[2]!) as StreamedTopItems,
          });
      }
    });
    response.on('end', () => (watcher.ended = 'well'));
    response.on('error', () => (watcher.ended = 'badly'));
  });
  watcher.request.on('error', () => (watcher.ended = 'badly'));
  return watcher;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${app.address}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const socketsOfApp = (): number =>
  readdirSync(`/proc/${app.pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${app.pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;

/**
 * Every watcher gets every change; returns the reads of count cells that this cost, and the slowest client of each
 * change.
 */
async function changes(watchers: readonly Watcher[]): Promise<{ reads: number; slowestMs: number[] }> {
  const before = await metric('sightline_store_reads_total');
  const slowestMs: number[] = [];
  for (let change = 0; change < CHANGES; change++) {
    const committedAt = await countOne();
    const got = (watcher: Watcher) => watcher.states.find(({ offsets }) => offsets === counted + 1);
    await eventually(
      `change ${counted} at every client`,
      async () => watchers.filter((one) => got(one)).length,
      (n) => n === watchers.length,
      LIMIT_MS,
    );
    for (const watcher of watchers)
      assert.deepEqual(got(watcher)!.answer.items, [{ item_rank: 1, item_name: ITEM, count: counted }]);
    slowestMs.push(Math.max(...watchers.map((one) => got(one)!.at - committedAt)));
  }
  return { reads: (await metric('sightline_store_reads_total')) - before, slowestMs };
}

test(
  'a thousand viewers of a question cost the stores as many reads as one, and all get every change',
  { timeout: 900_000 },
  async (t) => {
    const agent = new Agent({ maxSockets: Infinity });
    await countOne();
    const alone = watch(agent);
    await eventually(
      'the first state',
      async () => alone.states.length,
      (n) => n > 0,
      LIMIT_MS,
    );
    const one = await changes([alone]);
    const socketsBefore = socketsOfApp();
    const crowd = Array.from({ length: VIEWERS - 1 }, () => watch(agent));
    await eventually(
      'a first state for everybody',
      async () => crowd.filter(({ states }) => states.length > 0).length,
      (n) => n === crowd.length,
      LIMIT_MS,
    );
    assert.equal(await metric('sightline_stream_connections'), VIEWERS);
    assert.equal(await metric('sightline_stream_questions'), 1);
    const many = await changes([alone, ...crowd]);
    t.diagnostic(`reads for ${CHANGES} changes: ${one.reads} with 1 viewer, ${many.reads} with ${VIEWERS}`);
    t.diagnostic(
      `from commit to the slowest client: ${one.slowestMs.join(', ')} ms with 1 viewer, ${many.slowestMs.join(', ')} ms with ${VIEWERS}`,
    );
    // A minute or an hour that turns meanwhile adds a few.
    assert.ok(Math.abs(many.reads - one.reads) <= 12, `${one.reads} and ${many.reads} reads`);

    for (const { request } of crowd) request.destroy();
    await eventually(
      'only one stream open',
      () => metric('sightline_stream_connections'),
      (n) => n === 1,
      LIMIT_MS,
    );
    await eventually(
      'their sockets closed',
      async () => socketsOfApp(),
      (n) => n <= socketsBefore + 5,
      LIMIT_MS,
    );
    alone.request.destroy();
    await eventually(
      'no stream open',
      () => metric('sightline_stream_connections'),
      (n) => n === 0,
      LIMIT_MS,
    );
    assert.equal(await metric('sightline_stream_questions'), 0);
    agent.destroy();
  },
);

test('streams pass through uncompressed, whatever the client accepts', async () => {
  const gone = new AbortController();
  const response = await fetch(`${app.address}/api/v1/stream`, {
    headers: { 'accept-encoding': 'gzip, br' },
    signal: gone.signal,
  });
  assert.deepEqual(
    [response.status, response.headers.get('content-encoding'), response.headers.get('content-type')],
    [200, null, 'text/event-stream; charset=utf-8'],
  );
  gone.abort();
});

test('when the app is stopped its streams end in good order, and it ends well', { timeout: 300_000 }, async () => {
  const agent = new Agent({ maxSockets: Infinity });
  const watchers = Array.from({ length: 20 }, () => watch(agent));
  await eventually(
    'all connected',
    async () => watchers.filter(({ states }) => states.length > 0).length,
    (n) => n === 20,
    LIMIT_MS,
  );
  assert.equal(await app.stop(), 0);
  await eventually(
    'all ended',
    async () => watchers.map(({ ended }) => ended),
    (all) => all.every((one) => one !== 'no'),
    LIMIT_MS,
  );
  assert.deepEqual([...new Set(watchers.map(({ ended }) => ended))], ['well']);
});
