/**
 * A command that goes on as a service: one pass after another, with metrics and readiness, until it is told to stop.
 *
 * Commands of footage (settle, pack, analyse) give their pass. One that fails, because a dependency is away or
 * another process holds a lease, is told at /readyz and by its own metrics, and the next one comes in its time: what it
 * had done stays done. A wrong setting and a bug end the service.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { Config } from './config.ts';
import { EXIT, isRetriedLater, messageOf } from './errors.ts';
import type { ExitCode, Refusal, Retryable } from './errors.ts';
import { createLog } from './log.ts';
import type { Log } from './log.ts';
import { announceTarget } from './metrics-target.ts';
import { createRegistry, serveMetrics } from './metrics.ts';

export interface ServicePlan {
  /** Of its log and its target. */
  readonly process: string;
  /** Of its metrics: what it does. */
  readonly name: string;
  /** Logged at the start. */
  readonly started: string;
  readonly everyMs: number;
  /** Ready before the first pass has ended, because a pass is long. */
  readonly isReadyAtOnce?: boolean;
  readonly signal: AbortSignal;
}

export interface ServiceParts {
  readonly log: Log;
  readonly registry: Registry;
  /** What a pass waits for, at /readyz, until it ends well. */
  wait(reason: string): void;
}

export interface Passes {
  pass(): Promise<void>;
  /** Counts and logs a pass that failed. */
  onFailure(fault: Refusal | Retryable): void;
}

export async function servePasses(
  config: Config,
  { process, name, started, everyMs, isReadyAtOnce = false, signal }: ServicePlan,
  open: (parts: ServiceParts) => Passes,
): Promise<ExitCode> {
  const log = createLog(process, config.LOG_LEVEL);
  const registry = createRegistry(name);
  let waitingFor = isReadyAtOnce ? null : 'the first pass is under way';
  const { pass, onFailure } = open({ log, registry, wait: (reason) => void (waitingFor = reason) });
  const server = await serveMetrics(registry, { host: config.BIND, port: config.METRICS_PORT }, () => waitingFor);
  const forgetTarget = announceTarget(config, process, server.port);
  log.info({ metrics_port: server.port, every_s: everyMs / 1_000 }, started);
  try {
    while (!signal.aborted) {
      try {
        await pass();
        waitingFor = null;
      } catch (fault) {
        if (signal.aborted) break;
        if (!isRetriedLater(fault)) throw fault;
        waitingFor = messageOf(fault);
        onFailure(fault);
      }
      await pause(everyMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    forgetTarget();
    await server.close();
  }
  return EXIT.done;
}
