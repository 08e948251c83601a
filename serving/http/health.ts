/** GET /healthz (the process runs), /readyz (it can answer), /metrics (Prometheus). */
import type { Serving } from '../app/app.ts';
import { NotFound } from '../faults.ts';
import { currentServing } from '../app/process.ts';
import { withoutDetails } from '../app/readiness.ts';
import { respondWith } from './respond.ts';

export function getHealth(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondWith(
    { route: '/healthz', audience: 'anybody' },
    request,
    serving,
    async (headers) => new Response('ok\n', { headers }),
  );
}

export function getReadiness(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondWith({ route: '/readyz', audience: 'anybody' }, request, serving, async (headers) => {
    const answer = await serving.ready();
    return Response.json((await serving.gate.isKnown(request)) ? answer : withoutDetails(answer), {
      status: answer.ready ? 200 : 503,
      headers: { ...headers, ...(answer.ready ? {} : { 'retry-after': '2' }) },
    });
  });
}

export function getMetrics(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return respondWith({ route: '/metrics', audience: 'anybody' }, request, serving, async (headers) => {
    if (serving.hasMetricsPort) throw new NotFound('Metrics are served on METRICS_PORT, not on this port');
    const text = await serving.metricsText(await serving.gate.isKnown(request));
    const { contentType } = serving.metrics.registry;
    return new Response(text, { headers: { ...headers, 'content-type': contentType } });
  });
}
