/**
 * One pass of packing: all days that are due, under the lease. command.ts runs it once, service.ts again and again.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DAY_MS, dateOf } from '../../core/domain/time.ts';
import type { Config } from '../../core/process/config.ts';
import { COMMAND_RETRY, withRetry } from '../../core/process/retry.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { changePacksAlone } from './alone.ts';
import type { PackedDay, PackRules } from './pack.ts';
import { packDue } from './pack.ts';

/** A block of HDFS; while a pack is written, this process holds as much in memory and once more on its disk. */
const PACK_BYTES = 128 * 2 ** 20;
const PACK_FRAMES = 20_000;
const GREATEST_FRAME_BYTES = 4 * 2 ** 20;

export type PassOptions = Pick<PackRules, 'isDryRun' | 'onDay'> & {
  /** Days before this one; those before yesterday without it. */
  readonly before?: string | undefined;
};

export type PackPass = (options: PassOptions) => Promise<PackedDay[]>;

/** Throws a Refusal with exit code 6 if another process holds the lease. */
export function packPass(config: Config, signal: AbortSignal): PackPass {
  return async ({ before = dateOf(Date.now() - DAY_MS), isDryRun = false, onDay = () => undefined }) => {
    const scratch = join(resolve(config.SIGHTLINE_HOME), 'footage-packs');
    await mkdir(scratch, { recursive: true });
    const limits = { greatestFrameBytes: GREATEST_FRAME_BYTES, packBytes: PACK_BYTES, packFrames: PACK_FRAMES };
    const rules = { ...limits, before, scratch, isDryRun, onDay };
    return isDryRun
      ? withRetry(COMMAND_RETRY, () => packDue(hdfs(config), { ...rules, signal }), { signal })
      : changePacksAlone(config, signal, (held) => packDue(hdfs(config), { ...rules, signal: held }));
  };
}
