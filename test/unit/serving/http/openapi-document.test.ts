/** The OpenAPI document tells the truth: every path of it answers as it says, and no route of the app is left out. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Epoch } from '../../../../core/domain/epoch.ts';
import { oid } from '../../../../core/domain/oid.ts';
import { instant } from '../../../../core/domain/time.ts';
import { Retryable } from '../../../../core/process/errors.ts';
import type { Serving } from '../../../../serving/app/app.ts';
import { getLocations, getTimeline, getTopItems } from '../../../../serving/http/counts.ts';
import { getDetection, getDetections } from '../../../../serving/http/detections.ts';
import { getExport } from '../../../../serving/http/export.ts';
import { getDetectionFootage, getFootage, getFootageCameras } from '../../../../serving/http/footage.ts';
import { getReadiness } from '../../../../serving/http/health.ts';
import { getOpenApi } from '../../../../serving/http/openapi.ts';
import { getTrust } from '../../../../serving/http/reports.ts';
import { getStream } from '../../../../serving/http/stream.ts';
import { agrees, PATHS } from '../../../support/openapi.ts';
import { stageOf } from '../serving-double.ts';
import { NOW, RULES } from '../world.ts';

const APP = fileURLToPath(new URL('../../../../dashboard-next/app', import.meta.url));
type Handler = (request: Request, params: never, serving: Serving) => Promise<Response>;
const ASKED: readonly (readonly [path: string, query: string, handler: Handler, params?: object])[] = [
  ['/api/v1/top-items', '?parts=true', getTopItems],
  ['/api/v1/top-items', '?location=42&limit=1', getTopItems],
  ['/api/v1/top-items', '?limit=0', getTopItems],
  ['/api/v1/top-items', '?allow_partial=true', getTopItems],
  ['/api/v1/locations', '?parts=true', getLocations],
  ['/api/v1/timeline', '?parts=true&step=600', getTimeline],
  ['/api/v1/timeline', '?step=61', getTimeline],
  ['/api/v1/detections', '?limit=1', getDetections],
  ['/api/v1/detections', '?location=7', getDetections],
  ['/api/v1/detections/{detection_oid}', '', getDetection, { detection_oid: '1' }],
  ['/api/v1/detections/{detection_oid}', '', getDetection, { detection_oid: '99' }],
  ['/api/v1/detections/{detection_oid}/footage', '', getDetectionFootage, { detection_oid: '1' }],
  ['/api/v1/footage', '?camera=7', getFootage],
  ['/api/v1/footage', '', getFootage],
  ['/api/v1/footage/cameras', '', getFootageCameras],
  ['/api/v1/footage/cameras', '?limit=0', getFootageCameras],
  ['/api/v1/stream', '', getStream],
  ['/api/v1/stream', '?window=1', getStream],
  ['/api/v1/export', '?format=csv', getExport],
  ['/api/v1/export', '?format=parquet', getExport],
  ['/api/v1/trust', '', getTrust],
  ['/readyz', '', getReadiness],
];

for (const state of [
  'before the first epoch',
  'with a horizon',
  'with the views away',
  'with everything away',
] as const) {
  test(`answers are what the document says, ${state}`, async () => {
    const stage = stageOf([
      { id: oid(1), location: oid('42'), item: 'car', detectedAt: NOW - 1_000, arrival: NOW },
      { id: oid(2), location: oid('7'), item: 'bus', detectedAt: NOW - 2_000, arrival: NOW },
    ]);
    stage.names = new Map([['42', 'Hall B']]);
    stage.reference = { version: 1, locations: 1, loadedAt: instant(0) };
    if (state === 'with a horizon')
      stage.horizon = {
        epoch: (RULES.firstEpoch + 2) as Epoch,
        cuts: [0, 0, 0],
        arrivals: [],
        publishedAt: instant(NOW),
      };
    if (state === 'with the views away') stage.faults = { views: new Retryable('HBase', 'away') };
    if (state === 'with everything away') stage.faults = { open: new Retryable('HBase', 'away') };
    for (const [path, query, handler, params = {}] of ASKED) {
      const response = await handler(new Request(`http://127.0.0.1${path}${query}`), params as never, stage.serving);
      await agrees(path, response);
    }
    stage.serving.streams.endAll();
  });
}

test('every route of the app is in the document, and the document is served', async () => {
  const routes = (readdirSync(APP, { recursive: true }) as string[])
    .filter((file) => file.endsWith('route.ts'))
    .map((file) => `/${relative('.', join(file, '..'))}`.replace(/\[(\w+)\]/g, '{$1}'));
  const told = new Set(PATHS);
  const apart = ['/api/[...path]', '/healthz', '/metrics', '/api/v1/openapi.json', '/api/auth/{step}'];
  assert.deepEqual(
    routes.filter((route) => !told.has(route) && !apart.includes(route)),
    [],
  );
  const { serving } = stageOf();
  const document = (await (
    await getOpenApi(new Request('http://127.0.0.1/api/v1/openapi.json'), {}, serving)
  ).json()) as { openapi: string };
  assert.equal(document.openapi, '3.1.0');
});
