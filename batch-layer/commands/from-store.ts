/**
 * `sightline batch rebuild --from-store NAME`: opens the other store, brings its facts here, and marks its rules as
 * moved just before the rebuild switches (generations/take-over.ts).
 *
 * rebuild.ts calls it around its own work. The lock of the lake in the old store is held all the while, so nobody
 * publishes there.
 */
import type { Config } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { LAKE_LEASE } from '../../core/stores/control/lease-rows.ts';
import type { LeaseCaller } from '../../core/stores/control/with-lease.ts';
import { withLease } from '../../core/stores/control/with-lease.ts';
import { openRowStore } from '../../core/stores/open.ts';
import { takeOver } from '../generations/take-over.ts';

export type StoreName = Config['STORES'];

/** `retire`: call it when everything is ready for the switch. */
export type Work = (signal: AbortSignal, retire: () => Promise<void>) => Promise<number>;

export async function fromStore(config: Config, name: StoreName, caller: LeaseCaller, work: Work): Promise<number> {
  if (name === config.STORES)
    throw new Refusal(
      EXIT.usage,
      `STORES is ${name}, which is where the rebuild writes. --from-store names the store that has the counts now.`,
    );
  const from = openRowStore({ ...config, STORES: name });
  const to = openRowStore(config);
  try {
    return await withLease(from.control, LAKE_LEASE, caller, async (signal, lease) => {
      const rules = await takeOver(from, to);
      return work(signal, async () => {
        await lease.check();
        if (rules !== null && !(await from.control.retireRules(rules)))
          throw new Refusal(EXIT.dependency_down, `The rules in ${from.name} changed meanwhile; run again`);
      });
    });
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}
