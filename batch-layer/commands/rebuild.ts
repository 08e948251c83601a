/**
 * `sightline batch rebuild`: opens both generations, rebuilds and switches. If an earlier process died during its
 * switch, the command only finishes that switch.
 */
import type { Config } from '../../core/process/config.ts';
import type { BatchContext } from '../context.ts';
import type { BatchParts } from './open.ts';
import type { Rebuilt } from '../generations/rebuild.ts';
import { generationFolder } from '../../core/layout/lake.ts';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';
import { giveWay } from '../../core/process/give-way.ts';
import { stopSignal } from '../../core/process/life.ts';
import { createLog } from '../../core/process/log.ts';
import { createRegistry } from '../../core/process/metrics.ts';
import { rulesAsRecorded } from '../../core/stores/control/recorded-rules.ts';
import { batchMetrics } from '../metrics.ts';
import type { StoreName } from './from-store.ts';
import { fromStore } from './from-store.ts';
import { openBatch } from './open.ts';
import { rulesAfter } from '../epochs/first-epoch.ts';
import { withOwnRows } from '../generations/own-rows.ts';
import { checkRebuildable, rebuild } from '../generations/rebuild.ts';
import { checkGrowths, takeOverGrowths } from '../generations/growths.ts';
import { recountWhile } from '../generations/recount.ts';
import { progressLineOn } from '../progress-line.ts';
import { summaryOf } from '../report/summary.ts';
import { finishSwitch } from '../lock/switch.ts';
import { print } from './with-batch.ts';
import { withLock } from '../lock/lake-lock.ts';
import { finishChanges } from '../changes/change.ts';
import { LAKE_LEASE, REBUILD_LEASE } from '../../core/stores/control/lease-rows.ts';

export interface RebuildCommandOptions {
  readonly switch: boolean;
  readonly acceptDifferences?: boolean;
  readonly json?: boolean;
  /** The store that has the counts now, if it is not this one. */
  readonly fromStore?: StoreName;
}

export async function runRebuild(
  options: RebuildCommandOptions,
  mayCrashAt?: BatchContext['mayCrashAt'],
): Promise<number> {
  giveWay();
  const config = readConfig();
  const signal = stopSignal();
  const { fromStore: name } = options;
  if (name === undefined) return rebuildHere(config, options, { signal, mayCrashAt, retire: async () => undefined });
  const onKept = (fault: unknown): void => void process.stderr.write(`${messageOf(fault)}\n`);
  return fromStore(config, name, { signal, onKept }, (held, retire) =>
    rebuildHere(config, options, { signal: held, mayCrashAt, retire }),
  );
}

interface Caller {
  readonly signal: AbortSignal;
  readonly mayCrashAt: BatchContext['mayCrashAt'] | undefined;
  /** Called when everything is ready for the switch. */
  readonly retire: () => Promise<void>;
}

async function rebuildHere(
  config: Config,
  options: RebuildCommandOptions,
  { signal, mayCrashAt, retire }: Caller,
): Promise<number> {
  const log = createLog('batch', config.given.has('LOG_LEVEL') ? config.LOG_LEVEL : 'warn');
  const metrics = batchMetrics(createRegistry('batch'));
  const parts: BatchParts = {
    log,
    progressLine: progressLineOn(process.stderr),
    metrics,
    signal,
    ...(mayCrashAt ? { mayCrashAt } : {}),
  };
  const { context: old, close } = await openBatch(config, parts, { rules: rulesAsRecorded });
  try {
    const finished = await withLock(old, LAKE_LEASE, async (locked) => {
      const generation = await finishSwitch(locked);
      // The first epochs are read without the lock: what a forgetting has not taken yet would come back in them.
      if (generation === null) await finishChanges(locked);
      return generation;
    });
    if (finished !== null) {
      process.stderr.write(`An earlier process began the switch to generation ${finished}; it is finished now\n`);
      return EXIT.done;
    }
    const rebuilt = await rebuildFrom(config, parts, old, { ...options, retire });
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
  options: RebuildCommandOptions & Pick<Caller, 'retire'>,
): Promise<Rebuilt> {
  return withLock(old, REBUILD_LEASE, async (locked, lease) => {
    const newRules = rulesAfter(old.rules, rulesFromEnvironment(config, old));
    // A recorded rebuild must be finished with the same rules, and no partition can be added meanwhile. So all checks
    // come before it is recorded.
    checkGrowths(await old.control.growth(old.rules.generation), newRules);
    await checkRebuildable(locked, newRules);
    const recorded = await withOwnRows(old, await old.control.recordRebuild(newRules));
    const rules = { ...recorded, growths: await takeOverGrowths(old, recorded) };
    if (
      rules.epochSeconds !== newRules.epochSeconds ||
      rules.dedupWindowDays !== newRules.dedupWindowDays ||
      rules.clockAheadDays !== newRules.clockAheadDays
    ) {
      throw new Refusal(
        EXIT.usage,
        `A rebuild of generation ${rules.generation} has begun with other values. Finish it with ` +
          `EPOCH_SECONDS=${rules.epochSeconds}, DEDUP_WINDOW_DAYS=${rules.dedupWindowDays} and ` +
          `CLOCK_AHEAD_DAYS=${rules.clockAheadDays}.`,
      );
    }
    const root = `${config.SIGHTLINE_ROOT}/${generationFolder(rules.generation)}`;
    const fresh = await openBatch(
      { ...config, SIGHTLINE_ROOT: root },
      { ...parts, signal: locked.signal },
      { rules: async () => rules, readRoot: config.SIGHTLINE_ROOT },
    );
    try {
      await fresh.context.firstMetSets.ensure(rules);
      return await rebuild(locked, fresh.context, lease, {
        keepsOld: !options.switch,
        acceptsDifferences: options.acceptDifferences === true,
        onPublished: (report) => void process.stderr.write(`${summaryOf(report)}\n`),
        recount: (context, work) =>
          recountWhile(config, locked, context, async () => {
            await options.retire();
            await work();
          }),
      });
    } finally {
      await fresh.close();
    }
  });
}

/** The rules that the environment sets; the others stay as they are recorded. */
function rulesFromEnvironment(
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
  const differences = different.length === 0 ? '' : `; ${different.length} epochs differ from what was published`;
  const where = switched
    ? `it is the current one now, and the lake before it is ${root}/${generationFolder(generation - 1)}`
    : `not switched; it is in ${root}/${generationFolder(generation)}`;
  return `${what}${differences}; ${where}`;
}
