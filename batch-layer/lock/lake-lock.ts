/**
 * Holds the lock of the lake around a piece of work: takes it, finishes a switch that a dead process began, works,
 * gives it back (law L9).
 *
 * Commands, publish-epochs.ts and scheduler.ts call it; lease.ts renews the lock. When the lock is lost, the signal of
 * the work's context is aborted with the reason.
 */
import type { BatchContext } from '../context.ts';
import type { HeldLease } from './lease.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { LEASE_DEFAULTS, takeLease } from './lease.ts';
import { thisOwner } from './lease-owner.ts';
import { finishSwitch } from './switch.ts';
import { LAKE_LEASE } from '../../core/stores/control/lease-rows.ts';

/** Throws GenerationChanged if this process works for another generation than the recorded one. */
export function withLakeLock<T>(
  context: BatchContext,
  work: (locked: BatchContext, lease: HeldLease) => Promise<T>,
): Promise<T> {
  return withLock(context, LAKE_LEASE, async (locked, lease) => {
    await finishSwitch(context);
    const recorded = await context.control.rules();
    if (recorded && recorded.generation !== context.rules.generation)
      throw new GenerationChanged(context.rules.generation, recorded.generation);
    return work(locked, lease);
  });
}

/** The process began before the switch of a rebuild; its supervisor starts it again. */
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
  work: (locked: BatchContext, lease: HeldLease) => Promise<T>,
): Promise<T> {
  const lease = await takeLease(context.control, name, {
    ...LEASE_DEFAULTS,
    owner: thisOwner(),
    signal: context.signal,
  });
  try {
    return await work({ ...context, signal: AbortSignal.any([context.signal, lease.lost]) }, lease);
  } catch (fault) {
    // If the lock is lost, that is the cause of any other fault.
    if (lease.lost.aborted && !context.signal.aborted) throw lease.lost.reason;
    throw fault;
  } finally {
    await lease
      .release()
      .catch((fault: unknown) =>
        context.log.warn({ fault }, 'the lock could not be given back; it ends by itself within its length'),
      );
  }
}
