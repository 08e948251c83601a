/**
 * The rules by which serving reads: the recorded ones. process.ts opens the stores with it.
 *
 * The first process of all records them. Where rights are checked, serving may not write (docs/security.md): it
 * waits for the first process that counts. A new user who starts serving first reads that, and gives it no right.
 */
import { Retryable } from '../../core/process/errors.ts';
import { storeNameOf } from '../../core/process/store-settings.ts';
import { readRules } from '../../core/stores/control/recorded-rules.ts';
import { isFault } from '../faults.ts';

/** As readRules; throws a Retryable while nobody has recorded rules and the store lets serving record none. */
export const rulesToServe: typeof readRules = (config, admin, control) =>
  readRules(config, admin, {
    ...control,
    recordRules: async (rules) => {
      try {
        return await control.recordRules(rules);
      } catch (thrown) {
        if (!isFault('Refusal', thrown)) throw thrown;
        throw new Retryable(
          storeNameOf(config),
          'No rules are recorded yet, because nothing was counted, and serving may not record them. Start the speed ' +
            'layer ("sightline speed"): it records them, and serving answers then',
          thrown,
        );
      }
    },
  });
