/** GET /api/v1/stream: server-sent events with the top items of a place, or with the answers to several questions. */
import type { Serving } from '../app/app.ts';
import { currentServing } from '../app/process.ts';
import { STREAM } from './path-parameters.ts';
import { readQuery } from './parameters.ts';
import { respondWith, headersOnly } from './respond.ts';

export function getStream(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondWith({ route: '/api/v1/stream' }, request, serving, async (headers, caller) => {
    const { window: windowSeconds, questions = [], ...query } = readQuery(STREAM, request);
    const all = questions.length > 0 ? questions : [{ ...query, windowSeconds }];
    const lastEventId = request.headers.get('last-event-id');
    const stream = headersOnly(request)
      ? null
      : await serving.streams.open(all, { lastEventId, request, caller: serving.gate.keyOf(caller, request) });
    return new Response(stream, {
      headers: {
        ...headers,
        'content-type': 'text/event-stream; charset=utf-8',
        // no-transform: a proxy that compresses would delay events.
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      },
    });
  });
}
