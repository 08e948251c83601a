/**
 * The lease of packing: whoever changes packs holds it, so that no frame goes into two packs, and none comes back that
 * was erased.
 */
import type { Config } from '../../core/process/config.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { controlStore } from '../../core/stores/control/control.ts';
import { PACK_LEASE } from '../../core/stores/control/lease-rows.ts';
import { withLease } from '../../core/stores/control/with-lease.ts';
import { openHBase } from '../../core/stores/open.ts';

/** Tries again while HBase or HDFS is away; throws a Refusal with exit code 6 if another process holds the lease. */
export async function changePacksAlone<T>(
  config: Config,
  signal: AbortSignal,
  work: (held: AbortSignal) => Promise<T>,
): Promise<T> {
  const hbase = openHBase(config);
  const onKept = (): boolean => process.stderr.write('The lease could not be given back; it ends by itself in 10 s.\n');
  try {
    const control = controlStore(hbase, config.HBASE_NAMESPACE);
    const once = (): Promise<T> => withLease(control, PACK_LEASE, { signal, onKept }, work);
    return await withRetry(COMMAND_RETRY, once, { signal });
  } finally {
    await hbase.close();
  }
}
