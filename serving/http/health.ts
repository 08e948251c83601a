/** GET /healthz (the process lives), /readyz (it can answer), /metrics (Prometheus). */
import type { Serving } from '../app/app.ts';
import { NothingThere } from '../faults.ts';
import { currentServing } from '../app/process.ts';
import { forStrangers } from '../app/readiness.ts';
import { framed, OPEN } from './respond.ts';

export function getHealth(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return framed('/healthz', request, serving, async (headers) => new Response('ok\n', { headers }), OPEN);
}

export function getReadiness(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return framed(
    '/readyz',
    request,
    serving,
    async (headers) => {
      const answer = await serving.ready();
      return Response.json((await serving.gate.knows(request)) ? answer : forStrangers(answer), {
        status: answer.ready ? 200 : 503,
        headers: { ...headers, ...(answer.ready ? {} : { 'retry-after': '2' }) },
      });
    },
    OPEN,
  );
}

export function getMetrics(
  request: Request,
  _params: object = {},
  serving: Serving = currentServing(),
): Promise<Response> {
  return framed(
    '/metrics',
    request,
    serving,
    async (headers) => {
      if (serving.hasMetricsPort) throw new NothingThere('Metrics are not shown here, but on METRICS_PORT');
      const { registry } = serving.metrics;
      return new Response(await registry.metrics(), { headers: { ...headers, 'content-type': registry.contentType } });
    },
    OPEN,
  );
}
