/**
 * Footage over the API: which files a camera and a detection have, the bytes of one with ranges, and who may see it.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'node:test';
import { oid } from '../../../core/domain/oid.ts';
import type { AuditEntry } from '../../../core/process/audit.ts';
import type { Footage } from '../../../core/layout/footage.ts';
import { settledFile } from '../../../core/layout/footage.ts';
import type { HdfsDouble } from '../../support/hdfs-double.ts';
import type { DetectionFootageAnswer, FootageAnswer } from '../../../serving/footage-answers.ts';
import { readConfig } from '../../../core/process/config.ts';
import { Retryable } from '../../../core/process/errors.ts';
import { createGate } from '../../../serving/access/gate.ts';
import { userLine } from '../../../serving/access/users.ts';
import { getDetectionFootage, getFootage, getFootageFile } from '../../../serving/http/footage.ts';
import { hdfsDouble } from '../../support/hdfs-double.ts';
import { agrees } from '../../support/openapi.ts';
import type { Stage } from './serving-double.ts';
import { stageOf } from './serving-double.ts';
import { NOW } from './world.ts';

const CAMERA = oid(3021);
const SEEN = { id: oid('9007199254740993'), location: oid(42), item: 'car', detectedAt: NOW - 60_000, arrival: NOW };

function frame(takenAtMs: number, detection: string | null, rest: Partial<Footage> = {}): Footage {
  const sha256 = `${takenAtMs}${detection ?? ''}`.padStart(64, '0').slice(-64);
  return {
    camera: CAMERA,
    takenAtMs,
    detection: detection === null ? null : oid(detection),
    sha256,
    kind: 'jpg',
    ...rest,
  };
}

function stageWith(...all: Footage[]): { stage: Stage; hdfs: HdfsDouble; entries: AuditEntry[] } {
  const hdfs = hdfsDouble();
  for (const one of all) hdfs.files.set(settledFile(one), Buffer.from(`the bytes of ${one.detection}`));
  const entries: AuditEntry[] = [];
  const audit = { record: (entry: AuditEntry) => void entries.push(entry), flush: () => undefined };
  return { stage: stageOf([SEEN], {}, hdfs, audit), hdfs, entries };
}

const asking = (path: string, init: RequestInit = {}): Request => new Request(`http://127.0.0.1:3000${path}`, init);

async function listOf(stage: Stage, query: string): Promise<FootageAnswer> {
  const response = await getFootage(asking(`/api/v1/footage?camera=${CAMERA}&${query}`), {}, stage.serving);
  return (await agrees('/api/v1/footage', response)) as FootageAnswer;
}

async function ofDetection(stage: Stage, id: string): Promise<Response> {
  return getDetectionFootage(asking('/'), { detection_oid: id }, stage.serving);
}

const partsOf = (href: string): { camera: string; date: string; name: string } => {
  const [camera, date, name] = href.split('/').slice(4) as [string, string, string];
  return { camera, date, name };
};

async function fileOf(stage: Stage, href: string, init: RequestInit = {}): Promise<Response> {
  return getFootageFile(asking(href, init), partsOf(href), stage.serving);
}

test('a detection has the pictures that name it, near its own time', async () => {
  const own = [frame(SEEN.detectedAt, SEEN.id), frame(SEEN.detectedAt + 4_000, SEEN.id, { kind: 'png' })];
  const { stage } = stageWith(
    ...own,
    frame(SEEN.detectedAt, '77'),
    frame(SEEN.detectedAt + 1, null, { kind: 'mp4' }),
    frame(SEEN.detectedAt - 3_600_000, SEEN.id),
  );
  const response = await ofDetection(stage, SEEN.id);
  const answer = (await agrees('/api/v1/detections/{detection_oid}/footage', response)) as DetectionFootageAnswer;
  assert.equal(answer.detection_oid, SEEN.id);
  assert.deepEqual(
    answer.footage.map(({ taken_at, kind, detection_oid }) => [taken_at, kind, detection_oid]),
    [
      [SEEN.detectedAt + 4_000, 'png', SEEN.id],
      [SEEN.detectedAt, 'jpg', SEEN.id],
    ],
  );
  assert.equal((await ofDetection(stage, '404')).status, 404);
});

test('without footage lists are empty', async () => {
  const { stage } = stageWith();
  assert.deepEqual((await listOf(stage, '')).footage, []);
  assert.equal(await stage.serving.footage.isThere(), false);
  const { footage } = (await (await ofDetection(stage, SEEN.id)).json()) as DetectionFootageAnswer;
  assert.deepEqual(footage, []);
});

test('a camera has its files page by page, newest first', async () => {
  const { stage } = stageWith(...[1, 2, 3, 4, 5].map((number) => frame(NOW - number * 1_000, String(number))));
  const first = await listOf(stage, 'limit=2');
  const second = await listOf(stage, `limit=2&cursor=${first.next_cursor}`);
  const third = await listOf(stage, `limit=2&cursor=${second.next_cursor}`);
  assert.deepEqual(
    [first, second, third].map(({ footage }) => footage.map(({ detection_oid }) => detection_oid)),
    [['1', '2'], ['3', '4'], ['5']],
  );
  assert.equal(third.next_cursor, null);
  assert.equal((await listOf(stage, `from=${NOW - 3_000}&to=${NOW - 1_000}`)).footage.length, 2);
});

test('a question without a camera, with a cursor of somebody else or for too long a time names what is wrong', async () => {
  const { stage } = stageWith();
  for (const [query, field] of [
    ['', 'camera'],
    ['camera=seven', 'camera'],
    ['camera=7&cursor=1.2', 'cursor'],
    ['camera=7&limit=501', 'limit'],
    ['camera=7&from=2026-01-01&to=2026-03-01', 'from'],
  ]) {
    const response = await getFootage(asking(`/api/v1/footage?${query}`), {}, stage.serving);
    const problem = (await agrees('/api/v1/footage', response)) as { status: number; field: string };
    assert.deepEqual([problem.status, problem.field], [400, field], query);
  }
});

test('a file comes whole, with headers that let a browser keep it and run nothing', async () => {
  const { stage } = stageWith(frame(NOW, '5'));
  const { href, sha256 } = (await listOf(stage, `to=${NOW + 1}`)).footage[0]!;
  const response = await fileOf(stage, href);
  assert.equal(response.status, 200);
  assert.equal(await response.text(), 'the bytes of 5');
  const headers = Object.fromEntries(response.headers);
  assert.equal(headers['content-type'], 'image/jpeg');
  assert.equal(headers['content-length'], '14');
  assert.equal(headers.etag, `"${sha256}"`);
  assert.match(headers['cache-control']!, /^private, max-age=\d+, immutable$/);
  assert.match(headers['content-security-policy']!, /^sandbox; default-src 'none';/);
  assert.doesNotMatch(headers['content-security-policy']!, /script|allow-/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(
    headers['content-disposition'],
    'inline; filename="sightline_camera-3021_20261123T143112.345Z_detection-5.jpg"',
  );
});

test('a part of a file is a 206, one after its end a 416, and HEAD reads nothing', async () => {
  const { stage, hdfs } = stageWith(frame(NOW, '5'));
  const { href, sha256 } = (await listOf(stage, `to=${NOW + 1}`)).footage[0]!;
  const part = await fileOf(stage, href, { headers: { range: 'bytes=4-8' } });
  assert.deepEqual(
    [part.status, await part.text(), part.headers.get('content-range'), part.headers.get('content-length')],
    [206, 'bytes', 'bytes 4-8/14', '5'],
  );
  const stale = await fileOf(stage, href, { headers: { range: 'bytes=4-8', 'if-range': '"other"' } });
  assert.deepEqual([stale.status, await stale.text()], [200, 'the bytes of 5']);
  const beyond = await fileOf(stage, href, { headers: { range: 'bytes=14-' } });
  assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, 'bytes */14']);
  assert.equal(((await beyond.json()) as { title: string }).title, 'Range not satisfiable');
  const known = await fileOf(stage, href, { headers: { 'if-none-match': `"${sha256}"` } });
  assert.deepEqual([known.status, known.body], [304, null]);
  hdfs.readStream = () => assert.fail('HEAD reads');
  const head = await fileOf(stage, href, { method: 'HEAD' });
  assert.deepEqual([head.status, head.body, head.headers.get('content-length')], [200, null, '14']);
});

test('a path that is not the name of a settled file reaches nothing', async () => {
  const { stage, hdfs } = stageWith(frame(NOW, '5'));
  hdfs.files.set('lake/_runs/2026-11-23.json', Buffer.from('{}'));
  const { name, ...rest } = partsOf((await listOf(stage, `to=${NOW + 1}`)).footage[0]!.href);
  for (const [params, status] of [
    [{ ...rest, name: '../../../lake/_runs/2026-11-23.json' }, 400],
    [{ ...rest, name: `${name}/..` }, 400],
    [{ ...rest, camera: '7/..', name }, 400],
    [{ ...rest, date: '2026-02-30', name }, 400],
    [{ ...rest, camera: '8', name }, 404],
    [{ ...rest, date: '9999-12-31', name }, 404],
  ] as const)
    assert.equal((await getFootageFile(asking('/'), params, stage.serving)).status, status, JSON.stringify(params));
});

test('the audit trail says who looked at which file; a HEAD and a known version are no looks', async () => {
  const { stage, entries } = stageWith(frame(NOW, '5'));
  const { href, sha256 } = (await listOf(stage, `to=${NOW + 1}`)).footage[0]!;
  await (await fileOf(stage, href, { headers: { range: 'bytes=0-3' } })).text();
  await fileOf(stage, href, { method: 'HEAD' });
  await fileOf(stage, href, { headers: { 'if-none-match': `"${sha256}"` } });
  const { event, who, camera, detection, file, range } = entries[0] as AuditEntry & Record<string, unknown>;
  assert.deepEqual(
    [entries.length, event, who, camera, detection, range],
    [1, 'footage', 'local', CAMERA, '5', 'bytes=0-3'],
  );
  assert.match(String(file), /^footage\/camera=3021\/dt=2026-11-23\//);
});

test('footage needs a right of its own, by name, for all by a star, and by group at an issuer', async () => {
  const { stage } = stageWith(frame(NOW, '5'));
  const { href } = (await listOf(stage, `to=${NOW + 1}`)).footage[0]!;
  const AUTH_USERS = await userLine('vera', 'operator', 'a password of vera', { N: 2, r: 8, p: 1 });
  const headers = { authorization: `Basic ${Buffer.from('vera:a password of vera').toString('base64')}` };
  for (const [AUTH_FOOTAGE, status] of [
    ['', 403],
    ['olga', 403],
    ['olga, vera', 200],
    ['*', 200],
  ] as const) {
    stage.gate = createGate(readConfig({ AUTH: 'basic', AUTH_USERS, AUTH_FOOTAGE } as never), () => stage.now);
    const answers = [
      await getFootage(asking('/?camera=7', { headers }), {}, stage.serving),
      await getDetectionFootage(asking('/', { headers }), { detection_oid: SEEN.id }, stage.serving),
      await getFootageFile(asking('/', { headers }), partsOf(href), stage.serving),
    ];
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [status, status, status],
      AUTH_FOOTAGE,
    );
    if (status === 403) assert.match(((await answers[0]!.json()) as { detail: string }).detail, /AUTH_FOOTAGE/);
    await answers[2]!.body?.cancel();
  }
});

test('while HDFS is away a list is a 503, and so is a file', async () => {
  const { stage, hdfs } = stageWith(frame(NOW, '5'));
  const { href } = (await listOf(stage, `to=${NOW + 1}`)).footage[0]!;
  hdfs.list = async () => Promise.reject(new Retryable('HDFS', 'away'));
  hdfs.facts = async () => Promise.reject(new Retryable('HDFS', 'away'));
  assert.equal((await getFootage(asking('/?camera=7'), {}, stage.serving)).status, 503);
  assert.equal((await fileOf(stage, href)).status, 503);
});

test('a reader who leaves ends the read, and the next one gets the free turn', async () => {
  const { stage, hdfs } = stageWith(frame(NOW, '5'));
  const { href } = (await listOf(stage, `to=${NOW + 1}`)).footage[0]!;
  let reading = 0;
  hdfs.readStream = (_, limits) => {
    reading += 1;
    const endless = (async function* () {
      try {
        for (;;) {
          limits?.signal?.throwIfAborted();
          yield Buffer.alloc(1_000);
          await pause(1);
        }
      } finally {
        reading -= 1;
      }
    })();
    return endless as never;
  };
  const leave = new AbortController();
  const open = await Promise.all([0, 1, 2, 3].map(() => fileOf(stage, href, { signal: leave.signal })));
  for (const response of open) await response.body!.getReader().read();
  let isOpen = false;
  const fifth = fileOf(stage, href).then((response) => ((isOpen = true), response));
  await pause(20);
  assert.deepEqual([reading, isOpen], [4, false]);
  leave.abort();
  await (await fifth).body!.cancel();
  await pause(20);
  assert.equal(reading, 0);
});
