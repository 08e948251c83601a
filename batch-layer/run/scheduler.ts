/**
 * The scheduler: publishes each epoch a little after its end, catches up in order, prunes when the grace is over, and
 * archives a long epoch hour by hour while it is open.
 *
 * `npm start` keeps one running; in production a cron line can do the same with `batch run`. It survives what may pass,
 * and what a person mends while it runs (a data check that failed): that is logged, told in /readyz and tried again
 * with growing delays, because a run is safe to repeat from any point. What its own settings or rights forbid, and a
 * bug, end it. The little after is for the speed layer: once it has passed the cut by a little, the proof is cheap.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Epoch } from '../../core/domain/epoch.ts';
import type { BatchContext } from '../context.ts';
import { endOf } from '../../core/domain/epoch.ts';
import { EXIT, messageOf, Refusal, Retryable } from '../../core/process/errors.ts';
import { holdText } from '../../core/process/hold-text.ts';
import { archiveNow } from '../archive/archive-now.ts';
import { isStillHeld, StampsAhead } from '../archive/held-partitions.ts';
import { publishEpochs } from './publish-epochs.ts';
import { pruneDue } from './prune.ts';
import { countUnpublished, nextEpoch, horizonOf } from '../epochs/next-epochs.ts';
import { summaryOf } from '../report/summary.ts';
import { GenerationChanged, withLakeLock } from '../lock/lake-lock.ts';

const GREATEST_DELAY_MS = 3_000;
const FIRST_BACKOFF_MS = 1_000;
const GREATEST_BACKOFF_MS = 60_000;
const LOOK_EVERY_MS = 5_000;

/** Runs until the context's signal is aborted. `onWait` hears why the last try failed, and null when one succeeds. */
export async function schedule(
  context: BatchContext,
  onWait: (because: string | null) => void = () => undefined,
): Promise<void> {
  const { log, signal } = context;
  let failures = 0;
  let pruned: Epoch | null = null;
  let archivedAt = -Infinity;
  let stop: StampsAhead | null = null;
  while (!signal.aborted) {
    try {
      if (stop && !(await isStillHeld(context, stop.held, Date.now()))) stop = null;
      stop ??= await published(context);
      pruned = (await pruneNow(context, pruned)) ?? pruned;
      if (isArchiveDue(context, archivedAt, stop !== null)) {
        await archiveOpen(context);
        archivedAt = performance.now();
      }
      failures = 0;
      onWait(null);
      await pause(stop ? LOOK_EVERY_MS : await untilNextMs(context), signal);
    } catch (fault) {
      if (signal.aborted) return;
      if (fault instanceof GenerationChanged || !isTriedAgain(fault)) throw fault;
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
 * Publishes what is due; returns what it stopped at if a stamp is ahead, said once: it may last for days, and is no
 * failed try.
 */
async function published(context: BatchContext): Promise<StampsAhead | null> {
  try {
    await publishDue(context);
    return null;
  } catch (fault) {
    if (!(fault instanceof StampsAhead)) throw fault;
    context.log.warn({ held: fault.held }, fault.message);
    return fault;
  }
}

/** Not a bug, and not what only another start mends. */
function isTriedAgain(fault: unknown): boolean {
  return fault instanceof Retryable || (fault instanceof Refusal && fault.exitCode !== EXIT.usage);
}

async function publishDue(context: BatchContext): Promise<void> {
  const { rules, metrics, log } = context;
  const horizon = await horizonOf(context);
  metrics.behind(countUnpublished(horizon, rules, Date.now()));
  if (Date.now() < endOf(nextEpoch(horizon, rules), rules) + delayAfterEndMs(context)) return;
  await publishEpochs(context, { from: null, to: null }, (report) => {
    log.info(
      { epoch: report.epoch, result: report.result, rows: report.rows, records: report.records },
      summaryOf(report),
    );
  });
  metrics.behind(countUnpublished(await horizonOf(context), rules, Date.now()));
}

/** Short epochs are archived by their runs alone, unless these have stopped. */
function isArchiveDue({ rules, settings }: BatchContext, archivedAt: number, hasStopped: boolean): boolean {
  return (
    (hasStopped || rules.epochSeconds * 1_000 > settings.archiveEveryMs) &&
    performance.now() - archivedAt >= settings.archiveEveryMs
  );
}

async function archiveOpen(context: BatchContext): Promise<void> {
  const { added, held } = await withLakeLock(context, archiveNow);
  for (const one of added) context.log.info(one, 'archived what the log holds');
  for (const each of held) context.log.warn(each, holdText(each, context.settings.brokerAheadMs));
}

async function pruneNow(context: BatchContext, pruned: Epoch | null): Promise<Epoch | null> {
  const done = await pruneDue(context, Date.now(), pruned);
  if (done) context.log.info({ up_to_epoch: done.epoch, rows: done.rows }, 'pruned the speed view');
  return done?.epoch ?? null;
}

async function untilNextMs(context: BatchContext): Promise<number> {
  const next = nextEpoch(await horizonOf(context), context.rules);
  const untilMs = endOf(next, context.rules) + delayAfterEndMs(context) - Date.now();
  return Math.max(10, Math.min(untilMs, LOOK_EVERY_MS));
}

function delayAfterEndMs({ rules }: BatchContext): number {
  return Math.min(GREATEST_DELAY_MS, rules.epochSeconds * 100);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
