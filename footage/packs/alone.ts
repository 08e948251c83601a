/**
 * The lease of packing: whoever changes packs holds it, so that no frame goes into two packs, and none comes back that
 * was erased.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { PACK_LEASE } from '../../core/stores/control/lease-rows.ts';
import { withLease } from '../../core/stores/control/with-lease.ts';
import { openRowStore } from '../../core/stores/open.ts';

/** How long to wait for the lease while another process holds it. */
export interface Patience {
  readonly limitMs: number;
  /** Called before each pause, with what the lease says of its holder. */
  readonly onWait: (held: Refusal, leftMs: number) => void;
  readonly askEveryMs?: number;
}

const ASK_EVERY_MS = 2_000;
const NONE: Patience = { limitMs: 0, onWait: () => undefined };

/**
 * Tries again while HBase or HDFS is away. Throws a Refusal with exit code 6 if another process holds the lease for
 * longer than the patience; without one, at once.
 */
export async function changePacksAlone<T>(
  config: Config,
  signal: AbortSignal,
  work: (held: AbortSignal) => Promise<T>,
  patience: Patience = NONE,
): Promise<T> {
  const store = openRowStore(config);
  const onKept = (): boolean => process.stderr.write('The lease could not be given back; it ends by itself in 10 s.\n');
  try {
    const once = (): Promise<T> => withLease(store.control, PACK_LEASE, { signal, onKept }, work);
    return await whenFree(() => withRetry(COMMAND_RETRY, once, { signal }), patience, signal);
  } finally {
    await store.close();
  }
}

/** Repeats `once` while it is refused with exit code 6, for as long as the patience lasts. */
export async function whenFree<T>(
  once: () => Promise<T>,
  { limitMs, onWait, askEveryMs = ASK_EVERY_MS }: Patience,
  signal: AbortSignal,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    try {
      return await once();
    } catch (fault) {
      const leftMs = endMs - performance.now();
      if (!(fault instanceof Refusal && fault.exitCode === EXIT.lake_held) || leftMs <= 0) throw fault;
      onWait(fault, leftMs);
      await pause(Math.min(askEveryMs, leftMs), undefined, { signal });
    }
  }
}
