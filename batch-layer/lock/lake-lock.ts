/**
 * Holds the lock of the lake around a piece of work: takes it, finishes a switch or a change that a dead process
 * began, works, gives it back (law L9).
 *
 * Commands, publish-epochs.ts and scheduler.ts call it; with-lease.ts takes it and gives it back. When the lock is
 * lost, the signal of the work's context is aborted with the reason.
 */
import type { BatchContext } from '../context.ts';
import type { HeldLease } from '../../core/stores/control/lease.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { withLease } from '../../core/stores/control/with-lease.ts';
import { finishChanges } from '../changes/change.ts';
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
    await finishChanges(locked);
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
  const onKept = (fault: unknown): void =>
    context.log.warn({ fault }, 'the lock could not be given back; it ends by itself within its length');
  return withLease(context.control, name, { signal: context.signal, onKept }, (signal, lease) =>
    work({ ...context, signal }, lease),
  );
}
