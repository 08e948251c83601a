/** `sightline batch rebuild`: opens both generations, rebuilds, switches; and finishes a switch that was begun. */
import { setPriority } from 'node:os';
import type { Config } from '../../core/process/config.ts';
import type { BatchContext } from '../context.ts';
import type { BatchParts } from './open.ts';
import type { Rebuilt } from '../generations/rebuild.ts';
import { generationFolder } from '../../core/layout/lake.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { stopSignal } from '../../core/process/life.ts';
import { createLog } from '../../core/process/log.ts';
import { createRegistry } from '../../core/process/metrics.ts';
import { rulesAsRecorded } from '../../core/stores/control/recorded-rules.ts';
import { batchMetrics } from '../metrics.ts';
import { openBatch } from './open.ts';
import { rulesAfter } from '../generations/first-epoch.ts';
import { withOwnRows } from '../generations/own-rows.ts';
import { checkRebuildable, rebuild } from '../generations/rebuild.ts';
import { checkGrowths, growthsFor } from '../generations/growths.ts';
import { startRecount } from '../generations/recount.ts';
import { progressLineOn } from '../progress-line.ts';
import { summaryOf } from '../report/summary.ts';
import { finishSwitch } from '../lock/switch.ts';
import { NICENESS, print } from './with-batch.ts';
import { withLock } from '../lock/lake-lock.ts';
import { LAKE_LEASE, REBUILD_LEASE } from '../../core/stores/control/lease-rows.ts';

export interface RebuildCommandOptions {
  readonly switch: boolean;
  readonly acceptDifferences?: boolean;
  readonly json?: boolean;
}

export async function runRebuild(options: RebuildCommandOptions, reached?: BatchContext['reached']): Promise<number> {
  setPriority(NICENESS);
  const config = readConfig();
  const log = createLog('batch', config.given.has('LOG_LEVEL') ? config.LOG_LEVEL : 'warn');
  const metrics = batchMetrics(createRegistry('batch'));
  const parts: BatchParts = {
    log,
    say: progressLineOn(process.stderr),
    metrics,
    signal: stopSignal(),
    ...(reached ? { reached } : {}),
  };
  const { context: old, close } = await openBatch(config, parts, { rules: rulesAsRecorded });
  try {
    const finished = await withLock(old, LAKE_LEASE, finishSwitch);
    if (finished !== null) {
      process.stderr.write(`The switch to generation ${finished} was begun before and is finished now\n`);
      return EXIT.done;
    }
    const rebuilt = await rebuildFrom(config, parts, old, options);
    print(options.json, rebuilt, textOf(config, rebuilt));
    return EXIT.done;
  } finally {
    await close();
  }
}

async function rebuildFrom(
  config: Config,
  parts: BatchParts,
  old: BatchContext,
  options: RebuildCommandOptions,
): Promise<Rebuilt> {
  return withLock(old, REBUILD_LEASE, async (held, lease) => {
    const wanted = rulesAfter(old.rules, askedRules(config, old));
    // A rebuild that is recorded must be finished as it was begun, and holds up a growth of the topic: what can be
    // refused is refused before.
    checkGrowths(await old.control.growth(old.rules.generation), wanted);
    await checkRebuildable(held, wanted);
    const recorded = await withOwnRows(old, await old.control.recordRebuild(wanted));
    const rules = { ...recorded, growths: await growthsFor(old, recorded) };
    if (
      rules.epochSeconds !== wanted.epochSeconds ||
      rules.dedupWindowDays !== wanted.dedupWindowDays ||
      rules.clockAheadDays !== wanted.clockAheadDays
    ) {
      throw new Refusal(
        EXIT.usage,
        `A rebuild of generation ${rules.generation} was begun with EPOCH_SECONDS=${rules.epochSeconds}, DEDUP_WINDOW_DAYS=` +
          `${rules.dedupWindowDays} and CLOCK_AHEAD_DAYS=${rules.clockAheadDays}; finish it with the same values`,
      );
    }
    const root = `${config.SIGHTLINE_ROOT}/${generationFolder(rules.generation)}`;
    const fresh = await openBatch(
      { ...config, SIGHTLINE_ROOT: root },
      { ...parts, signal: held.signal },
      { rules: async () => rules },
    );
    try {
      await fresh.context.firstMetFamilies.ensure(rules);
      return await rebuild(held, fresh.context, lease, {
        keepsOld: !options.switch,
        acceptsDifferences: options.acceptDifferences === true,
        took: (report) => void process.stderr.write(`${summaryOf(report)}\n`),
        recounting: (context, work) => startRecount(config, held, context, work),
      });
    } finally {
      await fresh.close();
    }
  });
}

/** What the environment sets itself; all else stays as it was recorded. */
function askedRules(
  config: Config,
  { rules }: BatchContext,
): Pick<BatchContext['rules'], 'epochSeconds' | 'dedupWindowDays' | 'clockAheadDays'> {
  return {
    epochSeconds: config.given.has('EPOCH_SECONDS') ? config.EPOCH_SECONDS : rules.epochSeconds,
    dedupWindowDays: config.given.has('DEDUP_WINDOW_DAYS') ? config.DEDUP_WINDOW_DAYS : rules.dedupWindowDays,
    clockAheadDays: config.given.has('CLOCK_AHEAD_DAYS') ? config.CLOCK_AHEAD_DAYS : rules.clockAheadDays,
  };
}

function textOf({ SIGHTLINE_ROOT: root }: Config, rebuilt: Rebuilt): string {
  const { generation, epochs, rows, horizon, switched, different } = rebuilt;
  const what = `generation ${generation}: ${epochs} epochs up to ${horizon}, ${rows.toLocaleString('en')} detections`;
  const compared = different.length === 0 ? '' : `; ${different.length} epochs differ from what was published`;
  const where = switched
    ? `it holds now, and the lake before it is ${root}/${generationFolder(generation - 1)}`
    : `not switched; it is in ${root}/${generationFolder(generation)}`;
  return `${what}${compared}; ${where}`;
}
