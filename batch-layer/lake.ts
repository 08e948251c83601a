/**
 * Work on the lake, with its lock held: epoch after epoch for as long as there is something to do.
 *
 * The run command and the scheduler come here. The lock is taken for each series and given back at its end; when it is lost, the
 * signal that every step listens to is aborted.
 */
import type { Horizon } from '../core/stores/control.ts';
import type { RunReport } from '../core/stores/runs.ts';
import type { BatchContext } from './context.ts';
import type { HeldLease } from './lease.ts';
import type { Asked } from './seam.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';
import { LAKE_LEASE } from '../core/stores/control.ts';
import { LEASE_DEFAULTS, takeLease } from './lease.ts';
import { thisOwner } from './lease-owner.ts';
import { runEpoch } from './run.ts';
import { decide } from './seam.ts';
import { finishSwitch } from './switch.ts';

export interface Series {
  readonly reports: RunReport[];
  /** Why there was nothing (more) to do. */
  readonly stopped: string;
}

/** Publishes what was asked for, in order; throws at the first failure. `took` hears of each epoch that was published. */
export async function publishAsked(context: BatchContext, asked: Asked, took: (report: RunReport) => void = () => undefined): Promise<Series> {
  const reports: RunReport[] = [];
  const first = decide(asked, await horizonOf(context), context.rules, Date.now());
  if ('stop' in first) return { reports, stopped: first.stop };
  return withLake(context, async (held, lease) => {
    for (;;) {
      const horizon = await horizonOf(held);
      const next = decide(asked, horizon, held.rules, Date.now());
      if ('stop' in next) return { reports, stopped: next.stop };
      const report = await runEpoch(held, lease, horizon, next.run);
      reports.push(report);
      took(report);
    }
  });
}

export function horizonOf({ control, rules }: BatchContext): Promise<Horizon | null> {
  return control.horizon(rules.generation);
}

/** The lake, its lock held, of the generation that this process works for. */
export function withLake<T>(context: BatchContext, work: (held: BatchContext, lease: HeldLease) => Promise<T>): Promise<T> {
  return withLease(context, LAKE_LEASE, async (held, lease) => {
    await finishSwitch(context);
    const recorded = await context.control.rules();
    if (recorded && recorded.generation !== context.rules.generation) throw new GenerationChanged(context.rules.generation, recorded.generation);
    return work(held, lease);
  });
}

/** A process that began before a rebuild's switch; its supervisor starts it again. */
export class GenerationChanged extends Refusal {
  constructor(mine: number, recorded: number) {
    super(EXIT.dependency_down, `A rebuild has switched from generation ${mine} to ${recorded} since this process began; start it again`);
  }
}

export async function withLease<T>(
  context: BatchContext,
  name: string,
  work: (held: BatchContext, lease: HeldLease) => Promise<T>,
): Promise<T> {
  const lease = await takeLease(context.control, name, { ...LEASE_DEFAULTS, owner: thisOwner(), signal: context.signal });
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, lease.lost]) }, lease);
  } catch (fault) {
    // Whatever broke after the lock was lost, the loss is why.
    if (lease.lost.aborted && !context.signal.aborted) throw lease.lost.reason;
    throw fault;
  } finally {
    await lease.release().catch((fault: unknown) => context.log.warn({ fault }, 'the lock could not be given back; it dies by itself'));
  }
}

