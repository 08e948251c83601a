/**
 * `sightline footage pack --every`: packs again and again, with metrics, until it is told to stop.
 *
 * A pass that fails, because a dependency is away or another process holds the lease, is told, and the next one comes
 * in its time: packing is never urgent. What it had packed stays packed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { HOUR_MS } from '../../core/domain/time.ts';
import type { Config } from '../../core/process/config.ts';
import type { ExitCode } from '../../core/process/errors.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../core/process/errors.ts';
import { createLog } from '../../core/process/log.ts';
import { announceTarget } from '../../core/process/metrics-target.ts';
import { createRegistry, serveMetrics } from '../../core/process/metrics.ts';
import { packMetrics } from './metrics.ts';
import type { PackPass } from './pass.ts';

export async function servePacking(
  config: Config,
  everyHours: number,
  { pass, signal }: { readonly pass: PackPass; readonly signal: AbortSignal },
): Promise<ExitCode> {
  const log = createLog('footage', config.LOG_LEVEL);
  const registry = createRegistry('footage-pack');
  const metrics = packMetrics(registry);
  let waitingFor: string | null = null;
  const server = await serveMetrics(registry, { host: config.BIND, port: config.METRICS_PORT }, () => waitingFor);
  const forgetTarget = announceTarget(config, 'footage', server.port);
  log.info({ metrics_port: server.port, every_hours: everyHours }, 'packing has started');
  try {
    while (!signal.aborted) {
      try {
        metrics.endPass(await pass({ onDay: metrics.countDay }));
        waitingFor = null;
      } catch (fault) {
        if (signal.aborted) break;
        if (!(fault instanceof Retryable || (fault instanceof Refusal && fault.exitCode !== EXIT.usage))) throw fault;
        waitingFor = messageOf(fault);
        metrics.countFailure(fault);
        log.warn({ reason: messageOf(fault), next_in_hours: everyHours }, 'footage was not packed');
      }
      await pause(everyHours * HOUR_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    forgetTarget();
    await server.close();
  }
  return EXIT.done;
}
