/**
 * The scheduler: publishes each epoch shortly after its end, catches up in order, prunes when the grace is over, and
 * archives a long epoch every hour while it is open, and removes what LAKE_RETENTION_DAYS makes too old.
 *
 * `npm start` keeps one running; in production a cron line with `batch run` can do the same. When a dependency is down
 * or a data check fails, the scheduler logs it, shows it in /readyz and tries again after a growing delay: a run is
 * safe to repeat from any point. A fault of its settings or rights ends it, and so does a bug. The delay after an
 * epoch's end lets the speed layer read up to the cut first, so that the proof does not have to wait.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { BatchContext } from '../context.ts';
import type { Horizon } from '../../core/stores/control/horizon-row.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { RETIRED } from '../../core/layout/lake.ts';
import { isRetriedLater, messageOf } from '../../core/process/errors.ts';
import { holdText } from '../../core/process/hold-text.ts';
import { sweepRetired } from '../changes/change.ts';
import { retain } from '../changes/retain.ts';
import { archiveNow } from '../archive/archive-now.ts';
import { isStillHeld, StampsAhead } from '../archive/held-partitions.ts';
import { publishEpochs } from './publish-epochs.ts';
import { pruneDue } from '../view/prune.ts';
import { countUnpublished, nextEpoch, horizonOf } from '../epochs/next-epochs.ts';
import { summaryOf } from '../report/summary.ts';
import { GenerationChanged, withLakeLock } from '../lock/lake-lock.ts';

const GREATEST_DELAY_MS = 3_000;
const FIRST_BACKOFF_MS = 1_000;
const GREATEST_BACKOFF_MS = 60_000;
const LOOK_EVERY_MS = 5_000;

/**
 * Runs until the context's signal is aborted. `onWait` gets the reason of a failed try, and null after a success. It
 * looks for the next epoch at least every `lookEveryMs`.
 */
export async function schedule(
  context: BatchContext,
  onWait: (because: string | null) => void = () => undefined,
  { lookEveryMs = LOOK_EVERY_MS } = {},
): Promise<void> {
  const { log, signal } = context;
  let failures = 0;
  let lastPruned: Epoch | null = null;
  let archivedAt = -Infinity;
  let retainedAt = -Infinity;
  let hold: StampsAhead | null = null;
  while (!signal.aborted) {
    try {
      if (hold && !(await isStillHeld(context, hold.heldPartitions, Date.now()))) hold = null;
      hold ??= await publishUntilHeld(context);
      lastPruned = (await pruneNow(context, lastPruned)) ?? lastPruned;
      if (isArchiveDue(context, archivedAt, hold !== null)) {
        await archiveOpen(context);
        archivedAt = performance.now();
      }
      if (isRetentionDue(context, retainedAt)) {
        await retainNow(context);
        retainedAt = performance.now();
      }
      failures = 0;
      onWait(null);
      await pause(hold ? lookEveryMs : Math.min(lookEveryMs, await untilNextMs(context)), signal);
    } catch (fault) {
      if (signal.aborted) return;
      if (fault instanceof GenerationChanged || !isRetriedLater(fault)) throw fault;
      onWait(messageOf(fault));
      failures += 1;
      const delayMs =
        Math.min(GREATEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 10)) * (0.5 + Math.random() / 2);
      const facts = { because: messageOf(fault), failures, next_try_ms: Math.round(delayMs) };
      log.warn(facts, 'the run failed');
      await pause(delayMs, signal);
    }
  }
}

/**
 * Publishes what is due. If a stamp is ahead of the clock, it logs that once and returns the fault: this may last for
 * days, and no try has failed.
 */
async function publishUntilHeld(context: BatchContext): Promise<StampsAhead | null> {
  try {
    await publishDue(context);
    return null;
  } catch (fault) {
    if (!(fault instanceof StampsAhead)) throw fault;
    context.log.warn({ held: fault.heldPartitions }, fault.message);
    return fault;
  }
}

async function publishDue(context: BatchContext): Promise<void> {
  const { rules, log } = context;
  const horizon = await horizonOf(context);
  setUnpublished(context, horizon);
  if (Date.now() < endOf(nextEpoch(horizon, rules), rules) + delayAfterEndMs(context)) return;
  await publishEpochs(context, { from: null, to: null }, (report) => {
    log.info(
      { epoch: report.epoch, result: report.result, rows: report.rows, records: report.records },
      summaryOf(report),
    );
  });
  setUnpublished(context, await horizonOf(context));
}

function setUnpublished({ rules, metrics }: BatchContext, horizon: Horizon | null): void {
  const next = { endMs: endOf(nextEpoch(horizon, rules), rules), seconds: rules.epochSeconds };
  metrics.setUnpublished(countUnpublished(horizon, rules, Date.now()), next);
}

/** The run of a short epoch archives it; between runs only long epochs are archived, or all while runs are held. */
function isArchiveDue({ rules, settings }: BatchContext, archivedAt: number, isHeld: boolean): boolean {
  return (
    (isHeld || rules.epochSeconds * 1_000 > settings.archiveEveryMs) &&
    performance.now() - archivedAt >= settings.archiveEveryMs
  );
}

async function archiveOpen(context: BatchContext): Promise<void> {
  const { epochs, heldPartitions } = await withLakeLock(context, archiveNow);
  for (const epoch of epochs) context.log.info(epoch, 'archived what the log holds');
  for (const partition of heldPartitions)
    context.log.warn(partition, holdText(partition, context.settings.brokerAheadMs));
}

async function pruneNow(context: BatchContext, lastPruned: Epoch | null): Promise<Epoch | null> {
  if ((await context.hdfs.list(RETIRED)).length > 0)
    await withLakeLock(context, (locked) => sweepRetired(locked, Date.now()));
  const pruned = await pruneDue(context, Date.now(), lastPruned);
  if (pruned) context.log.info({ up_to_epoch: pruned.epoch, rows: pruned.rows }, 'pruned the speed view');
  return pruned?.epoch ?? null;
}

const RETAIN_EVERY_MS = 3_600_000;

function isRetentionDue({ settings: { retention } }: BatchContext, retainedAt: number): boolean {
  return retention.days + retention.rawDays > 0 && performance.now() - retainedAt >= RETAIN_EVERY_MS;
}

async function retainNow(context: BatchContext): Promise<void> {
  if ((await horizonOf(context)) === null) return;
  const { retention } = context.settings;
  const gone = await withLakeLock(context, (locked, lease) => retain(locked, lease, { ...retention, now: Date.now() }));
  if (gone !== null && gone.files > 0) context.log.info(gone, 'removed what is too old');
}

async function untilNextMs(context: BatchContext): Promise<number> {
  const next = nextEpoch(await horizonOf(context), context.rules);
  const untilMs = endOf(next, context.rules) + delayAfterEndMs(context) - Date.now();
  return Math.max(10, untilMs);
}

function delayAfterEndMs({ rules }: BatchContext): number {
  return Math.min(GREATEST_DELAY_MS, rules.epochSeconds * 100);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
