/** GET /api/v1/export: the joined rows of a window as a file, Parquet or CSV, streamed while they are read. */
import type { Scope } from '../../core/domain/counts.ts';
import type { Serving } from '../app/app.ts';
import type { ExportFormat } from '../app/exports.ts';
import { DAY_MS } from '../../core/domain/time.ts';
import { BadQuestion } from '../faults.ts';
import { clientOf } from '../access/peer.ts';
import { currentServing } from '../app/process.ts';
import { windowOf } from '../counts/window.ts';
import { EXPORT } from './path-parameters.ts';
import { readQuery } from './parameters.ts';
import { respondWith, headersOnly } from './respond.ts';

const MOST_DAYS = 31;
const CONTENT_TYPE: Record<ExportFormat, string> = {
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv; charset=utf-8; header=present',
};

export function getExport(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondWith({ route: '/api/v1/export' }, request, serving, async (headers, caller) => {
    const { location, format, ...query } = readQuery(EXPORT, request);
    const window = windowOf(query, serving.now());
    if (window.to - window.from > MOST_DAYS * DAY_MS) {
      throw new BadQuestion(
        'from',
        `The window is longer than ${MOST_DAYS} days; export it in parts, or read the lake itself (docs/data.md)`,
      );
    }
    const stamp = (ms: number): string => new Date(ms).toISOString();
    const stream = headersOnly(request)
      ? null
      : await serving.exports.open({ ...window, location, format }, request, serving.gate.keyOf(caller, request));
    if (stream)
      serving.audit.record({
        event: 'export',
        who: caller.name,
        role: caller.role,
        from: clientOf(request),
        location,
        window: [stamp(window.from), stamp(window.to)],
        format,
        request_id: headers['x-request-id'],
      });
    return new Response(stream, {
      headers: {
        ...headers,
        'content-type': CONTENT_TYPE[format],
        'content-disposition': `attachment; filename="${fileName(location, window)}.${format}"`,
        // no-transform: the file is streamed as the client takes it, so a proxy must not buffer it.
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      },
    });
  });
}

/** `sightline-detections_place-17_20261122T140000Z_20261122T150000Z` */
function fileName(location: Scope, { from, to }: { from: number; to: number }): string {
  const stamp = (ms: number): string =>
    new Date(ms)
      .toISOString()
      .replace(/\.000Z$/, 'Z')
      .replace(/[-:]/g, '');
  return ['sightline-detections', location === 'all' ? 'all-places' : `place-${location}`, stamp(from), stamp(to)].join(
    '_',
  );
}
