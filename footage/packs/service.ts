/**
 * `sightline footage pack --every`: packs again and again, with metrics, until it is told to stop.
 *
 * A pass waits for the lease as long as an analysis of some epochs takes. One that fails is told, and the next one
 * comes in its time (core/process/passes.ts): packing is never urgent.
 */
import { HOUR_MS, MINUTE_MS } from '../../core/domain/time.ts';
import type { Config } from '../../core/process/config.ts';
import type { ExitCode } from '../../core/process/errors.ts';
import { messageOf } from '../../core/process/errors.ts';
import { servePasses } from '../../core/process/passes.ts';
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

export function servePacking(
  config: Config,
  everyHours: number,
  { pass, signal, patience = PATIENCE }: PackingService,
): Promise<ExitCode> {
  const started = 'packing has started';
  const plan = {
    process: 'footage',
    name: 'footage-pack',
    started,
    everyMs: everyHours * HOUR_MS,
    isReadyAtOnce: true,
    signal,
  };
  return servePasses(config, plan, ({ log, registry, wait }) => {
    const metrics = packMetrics(registry);
    const once = (): Promise<PackedDay[]> => pass({ onDay: metrics.countDay });
    return {
      async pass() {
        metrics.endPass(await whenFree(once, { ...patience, onWait: (held) => wait(messageOf(held)) }, signal));
      },
      onFailure(fault) {
        metrics.countFailure(fault);
        log.warn({ reason: messageOf(fault), next_in_hours: everyHours }, 'footage was not packed');
      },
    };
  });
}
