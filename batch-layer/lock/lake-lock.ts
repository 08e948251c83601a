/**
 * The lock of the lake around some work: take it, finish a switch that a dead process began, work, give it back (law
 * L9).
 *
 * Commands, publish-epochs.ts and scheduler.ts come here; lease.ts keeps the lock. When the lock is lost, the signal
 * that every step listens to is aborted with the reason.
 */
import type { BatchContext } from '../context.ts';
import type { HeldLease } from './lease.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { LEASE_DEFAULTS, takeLease } from './lease.ts';
import { thisOwner } from './lease-owner.ts';
import { finishSwitch } from './switch.ts';
import { LAKE_LEASE } from '../../core/stores/control/lease-rows.ts';

/** The lake, its lock held, of the generation that this process works for. */
export function withLakeLock<T>(
  context: BatchContext,
  work: (held: BatchContext, lease: HeldLease) => Promise<T>,
): Promise<T> {
  return withLock(context, LAKE_LEASE, async (held, lease) => {
    await finishSwitch(context);
    const recorded = await context.control.rules();
    if (recorded && recorded.generation !== context.rules.generation)
      throw new GenerationChanged(context.rules.generation, recorded.generation);
    return work(held, lease);
  });
}

/** A process that began before a rebuild's switch; its supervisor starts it again. */
export class GenerationChanged extends Refusal {
  constructor(mine: number, recorded: number) {
    super(
      EXIT.dependency_down,
      `A rebuild has switched from generation ${mine} to ${recorded} since this process began; start it again`,
    );
  }
}

export async function withLock<T>(
  context: BatchContext,
  name: string,
  work: (held: BatchContext, lease: HeldLease) => Promise<T>,
): Promise<T> {
  const lease = await takeLease(context.control, name, {
    ...LEASE_DEFAULTS,
    owner: thisOwner(),
    signal: context.signal,
  });
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, lease.lost]) }, lease);
  } catch (fault) {
    // Whatever broke after the lock was lost, the loss is why.
    if (lease.lost.aborted && !context.signal.aborted) throw lease.lost.reason;
    throw fault;
  } finally {
    await lease
      .release()
      .catch((fault: unknown) => context.log.warn({ fault }, 'the lock could not be given back; it dies by itself'));
  }
}
