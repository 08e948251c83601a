/** HEAD: every route answers with the headers of its GET and no body, and nothing stays open behind it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getLocations, getTimeline, getTopItems } from '../../../serving/http/counts.ts';
import { getDetections } from '../../../serving/http/detections.ts';
import { getExport } from '../../../serving/http/export.ts';
import { getHealth, getMetrics, getReadiness } from '../../../serving/http/health.ts';
import { getLake, getRuns, getTrust } from '../../../serving/http/reports.ts';
import { respondWith } from '../../../serving/http/respond.ts';
import { getStream } from '../../../serving/http/stream.ts';
import { stageOf } from './serving-double.ts';

const asking = (method: string, path = '/'): Request => new Request(`http://127.0.0.1:3000${path}`, { method });

test('every route answers HEAD as it answers GET, without the body', async () => {
  const stage = stageOf();
  for (const route of [
    getTopItems,
    getLocations,
    getTimeline,
    getDetections,
    getTrust,
    getRuns,
    getLake,
    getHealth,
    getReadiness,
    getMetrics,
  ]) {
    const [head, get] = [await route(asking('HEAD'), {}, stage.serving), await route(asking('GET'), {}, stage.serving)];
    assert.deepEqual(
      [head.status, head.body, head.headers.get('content-type')],
      [get.status, null, get.headers.get('content-type')],
      route.name,
    );
    await get.body?.cancel();
  }
});

test('HEAD takes no place of an export or a stream, however often it is asked', async () => {
  const stage = stageOf();
  for (let asked = 0; asked < 6; asked++) {
    for (const route of [getExport, getStream]) {
      const head = await route(asking('HEAD'), {}, stage.serving);
      assert.deepEqual([head.status, head.body], [200, null], `${route.name} ${asked}`);
    }
  }
  for (const route of [getExport, getStream]) {
    const get = await route(asking('GET'), {}, stage.serving);
    assert.equal(get.status, 200, route.name);
    await get.body!.cancel();
  }
});

test('HEAD with a bad parameter is refused as GET is', async () => {
  const stage = stageOf();
  assert.equal((await getExport(asking('HEAD', '/api/v1/export?format=xml'), {}, stage.serving)).status, 400);
  assert.equal((await getStream(asking('HEAD', '/api/v1/stream?window=1'), {}, stage.serving)).status, 400);
});

test('a body that a route made for HEAD all the same is told that nobody takes it', async () => {
  const stage = stageOf();
  let isCancelled = false;
  const body = new ReadableStream({ cancel: () => void (isCancelled = true) });
  await respondWith(
    { route: '/test', audience: 'anybody' },
    asking('HEAD'),
    stage.serving,
    async (headers) => new Response(body, { headers }),
  );
  assert.ok(isCancelled);
});
