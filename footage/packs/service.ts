/**
 * `sightline footage pack --every`: packs again and again, with metrics, until it is told to stop.
 *
 * A pass waits for the lease as long as an analysis of some epochs takes. One that fails, because a dependency is away
 * or another process holds the lease for longer, is told, and the next one comes in its time: packing is never urgent.
 * What it had packed stays packed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';
import type { Config } from '../../core/process/config.ts';
import type { ExitCode } from '../../core/process/errors.ts';
import { EXIT, isRetriedLater, messageOf } from '../../core/process/errors.ts';
import { createLog } from '../../core/process/log.ts';
import { announceTarget } from '../../core/process/metrics-target.ts';
import { createRegistry, serveMetrics } from '../../core/process/metrics.ts';
import type { Patience } from './alone.ts';
import { whenFree } from './alone.ts';
import { packMetrics } from './metrics.ts';
import type { PackedDay } from './pack.ts';
import type { PackPass } from './pass.ts';

export interface PackingService {
  readonly pass: PackPass;
  readonly signal: AbortSignal;
  /** How long each pass waits for the lease. */
  readonly patience?: Omit<Patience, 'onWait'>;
}

const PATIENCE = { limitMs: 30 * MINUTE_MS };

export async function servePacking(
  config: Config,
  everyHours: number,
  { pass, signal, patience = PATIENCE }: PackingService,
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
        const onWait: Patience['onWait'] = (held) => void (waitingFor = messageOf(held));
        const once = (): Promise<PackedDay[]> => pass({ onDay: metrics.countDay });
        metrics.endPass(await whenFree(once, { ...patience, onWait }, signal));
        waitingFor = null;
      } catch (fault) {
        if (signal.aborted) break;
        if (!isRetriedLater(fault)) throw fault;
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
