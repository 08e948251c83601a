/**
 * Footage from the real HDFS through the API's handlers: pages by names, bytes with ranges, and reads that end.
 *
 * The files are put there by the test, in a folder of its own, as settling would have left them.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { oid } from '../../core/domain/oid.ts';
import type { FootageKind } from '../../core/layout/footage.ts';
import { footageFolder, settledFile } from '../../core/layout/footage.ts';
import { readConfig } from '../../core/process/config.ts';
import { createLog } from '../../core/process/log.ts';
import { inLanes } from '../../core/process/lanes.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { createServing } from '../../serving/app/app.ts';
import type { FootageAnswer } from '../../serving/footage-answers.ts';
import { getFootage, getFootageFile } from '../../serving/http/footage.ts';
import { servingMetrics } from '../../serving/metrics.ts';
import { OPEN_GATE } from '../support/open-gate.ts';

const config = readConfig({
  ...process.env,
  SIGHTLINE_ROOT: `/sightline/media_${randomBytes(4).toString('hex')}`,
  FOOTAGE_READS_AT_ONCE: '2',
});
const files = hdfs(config);
const NOON = Date.UTC(2026, 10, 30, 12);
const FILM = randomBytes(9_000_001);
const PICTURES = 24;
const serving = createServing({
  config,
  open: () => Promise.reject(new Error('no question of this test opens the stores')),
  hdfs: files,
  metrics: servingMetrics(),
  log: createLog('test', 'silent'),
  now: () => NOON + 600_000,
  gate: OPEN_GATE,
  snapshotFreshForMs: 0,
});

async function put(bytes: Buffer, takenAtMs: number, detection: number | null, kind: FootageKind): Promise<void> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const of = { camera: oid(7), takenAtMs, detection: detection === null ? null : oid(detection), sha256, kind };
  await files.write(settledFile(of), bytes);
}

before(async () => {
  await put(FILM, NOON, null, 'mp4');
  const pictures = Array.from({ length: PICTURES }, (_, number) => number);
  await inLanes(8, pictures, (number) => put(Buffer.from(`picture ${number}`), NOON + number * 1_000, number, 'jpg'));
});
after(async () => {
  await serving.close();
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
});

const asking = (path: string, init: RequestInit = {}): Request => new Request(`http://127.0.0.1${path}`, init);

async function listed(query: string): Promise<FootageAnswer> {
  const response = await getFootage(asking(`/?camera=7&${query}`), {}, serving);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as FootageAnswer;
}

async function film(init: RequestInit = {}): Promise<Response> {
  const { href } = (await listed('limit=500')).footage.find(({ kind }) => kind === 'mp4')!;
  const [camera, date, name] = href.split('/').slice(4) as [string, string, string];
  return getFootageFile(asking(href, init), { camera, date, name }, serving);
}

test('a folder is listed from any name on, also one that it does not have', async () => {
  const folder = footageFolder(oid(7), '2026-11-30');
  const all = await files.list(folder);
  assert.equal(all.length, PICTURES + 1);
  assert.deepEqual(await files.listAfter(folder, '120000.000'), { entries: all, remaining: 0 });
  const later = await files.listAfter(folder, '120020.000');
  assert.deepEqual(later.entries, all.slice(-4));
  assert.deepEqual(await files.listAfter(folder, '130000.000'), { entries: [], remaining: 0 });
  assert.deepEqual(await files.listAfter('footage/camera=8/dt=2026-11-30', ''), { entries: [], remaining: 0 });
});

test('pages of a camera are all its files, newest first, and another camera has none', async () => {
  const seen: number[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: FootageAnswer = await listed(`limit=10&cursor=${cursor}`);
    seen.push(...page.footage.map(({ taken_at }) => taken_at));
    cursor = page.next_cursor;
  }
  const times = [NOON, ...Array.from({ length: PICTURES }, (_, number) => NOON + number * 1_000)];
  assert.deepEqual(
    seen,
    times.sort((a, b) => b - a),
  );
  const none = await getFootage(asking('/?camera=8'), {}, serving);
  assert.deepEqual(((await none.json()) as FootageAnswer).footage, []);
  assert.equal(await serving.footage.isThere(), true);
});

test('a film comes byte for byte, whole and in parts, as a player asks for them', async () => {
  const whole = await film();
  assert.equal(whole.headers.get('content-type'), 'video/mp4');
  assert.match(whole.headers.get('content-security-policy')!, /^sandbox allow-same-origin; default-src 'none';/);
  assert.ok(Buffer.from(await whole.arrayBuffer()).equals(FILM));
  for (const [range, from, to] of [
    ['bytes=0-0', 0, 1],
    ['bytes=8388607-8388608', 8_388_607, 8_388_609],
    ['bytes=4000000-', 4_000_000, FILM.length],
    ['bytes=-17', FILM.length - 17, FILM.length],
  ] as const) {
    const part = await film({ headers: { range } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes ${from}-${to - 1}/${FILM.length}`);
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(FILM.subarray(from, to)), range);
  }
  const beyond = await film({ headers: { range: `bytes=${FILM.length}-` } });
  assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${FILM.length}`]);
});

test('readers who leave in the middle free their turns', async () => {
  for (let round = 0; round < 5; round++) {
    const leave = new AbortController();
    const bodies = await Promise.all([0, 1].map(async () => (await film({ signal: leave.signal })).body!.getReader()));
    for (const body of bodies) assert.ok((await body.read()).value!.length > 0);
    if (round % 2 === 0) leave.abort();
    else for (const body of bodies) await body.cancel();
  }
  assert.ok(Buffer.from(await (await film()).arrayBuffer()).equals(FILM));
});
