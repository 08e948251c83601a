/**
 * Metrics of a process, for Prometheus: a registry, and the small HTTP server that shows it.
 *
 * Every long-running process serves /metrics, /healthz and /readyz. A metric is defined beside the code that changes
 * it; its name begins with `sightline_`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { EXIT, messageOf, Refusal } from './errors.ts';
import { inUrl, isLoopback, nameInHost } from './host-port.ts';

const MISNAMED_GAUGES = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

export function createRegistry(process: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  // Gauges with the name of a counter, which `promtool check metrics` finds fault with. Their sums are those of
  // nodejs_active_handles and so on.
  for (const name of MISNAMED_GAUGES) registry.removeSingleMetric(name);
  return registry;
}

export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
  /** The variable that sets the port. */
  readonly variable?: string;
}

/** What can be shown: a registry, or what makes its text when it is asked. */
export type Exposition = Pick<Registry, 'metrics' | 'contentType'>;

function cannotListen({ host, port, variable = 'METRICS_PORT' }: MetricsAddress, fault: Error): Refusal {
  return new Refusal(
    EXIT.usage,
    `The process cannot listen on ${variable} ${port} of ${inUrl(host)} (${fault.message}); ` +
      'choose another port, or 0 for any',
  );
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves /metrics, /healthz and /readyz; `notReady` returns why the process is not ready, or null. A server on a
 * loopback address answers only to names of this machine, since a page of another site could make its own name point
 * here (DNS rebinding).
 */
export async function serveMetrics(
  registry: Exposition,
  where: MetricsAddress,
  notReady: () => string | null | Promise<string | null> = () => null,
): Promise<MetricsServer> {
  const isOurs = (name: string): boolean => !isLoopback(where.host) || isLoopback(name);
  const server = createServer((request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): unknown =>
      response.writeHead(status, { 'content-type': type }).end(text);
    const failed = (fault: unknown): unknown => answer(500, `${messageOf(fault)}\n`);
    if (!isOurs(nameInHost(request.headers.host ?? ''))) answer(421, 'only names of this machine are answered here\n');
    else if (request.url === '/healthz') answer(200, 'ok\n');
    else if (request.url === '/readyz')
      Promise.resolve(notReady()).then(
        (reason) => answer(reason === null ? 200 : 503, `${reason ?? 'ready'}\n`),
        failed,
      );
    else if (request.url === '/metrics')
      registry.metrics().then((text) => answer(200, text, registry.contentType), failed);
    else answer(404, 'see /metrics, /healthz, /readyz\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (fault) => reject(cannotListen(where, fault)));
    server.listen(where.port, where.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
