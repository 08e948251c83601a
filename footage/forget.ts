/**
 * Erases footage for `sightline forget`, which asks before it takes detections out of the lake.
 *
 * The command hands over what somebody wants gone, camera by camera or detection by detection; erase.ts does it as for
 * `sightline footage erase`, with an order for what arrives later. Where there is no footage nothing happens.
 */
import { resolve } from 'node:path';
import type { Config } from '../core/process/config.ts';
import type { Wanted } from '../core/stores/footage/wanted.ts';
import { FOOTAGE } from '../core/layout/footage.ts';
import { COMMAND_RETRY, withRetry } from '../core/process/retry.ts';
import { hdfs } from '../core/stores/hdfs/hdfs.ts';
import { eraseFacts } from './analysis/erase-facts.ts';
import { recordedEpochSeconds } from './analysis/open.ts';
import { erase, plan } from './erase.ts';
import { changePacksAlone } from './packs/alone.ts';

export interface ErasedFootage {
  readonly files: number;
  readonly bytes: number;
  /** Being written by Flume: settling removes them when they are whole. */
  readonly open: number;
}

/** `isExecuted` false: counts what would go. */
export async function eraseFootage(
  config: Config,
  all: readonly Wanted[],
  { isExecuted, signal }: { isExecuted: boolean; signal: AbortSignal },
): Promise<ErasedFootage> {
  const files = hdfs(config);
  const sum = { files: 0, bytes: 0, open: 0 };
  if (!(await files.facts(FOOTAGE))) return sum;
  const scratch = resolve(config.SIGHTLINE_HOME);
  const count = ({ bytes }: { readonly bytes: number }): void => {
    sum.files += 1;
    sum.bytes += bytes;
  };
  for (const wanted of all) {
    signal.throwIfAborted();
    if (!isExecuted) {
      const found = await plan(files, wanted);
      [...found.files, ...found.packed.flatMap(({ erased }) => erased)].forEach(count);
      sum.open += found.open;
      continue;
    }
    const facts = { hdfs: files, rules: config, scratch, epochSeconds: await recordedEpochSeconds(config) };
    const once = (): Promise<number> =>
      erase(files, wanted, {
        ...{ scratch, onErased: count, nowMs: Date.now() },
        alone: (work) => changePacksAlone(config, signal, work),
        afterwards: async () => void (await eraseFacts(facts, wanted)),
      });
    sum.open += await withRetry(COMMAND_RETRY, once, { signal });
  }
  return sum;
}
