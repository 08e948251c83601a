/**
 * `sightline footage analyse --every`: analyses each epoch after its end, with metrics, until it is told to stop.
 *
 * A round that fails is told and tried again with the next look (core/process/passes.ts): analysis is never urgent.
 */
import { cameraHoursStore, isWholeHour } from '../../core/stores/footage/camera-hours.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { DAY_MS, HOUR_MS } from '../../core/domain/time.ts';
import type { Config } from '../../core/process/config.ts';
import { messageOf } from '../../core/process/errors.ts';
import type { ExitCode } from '../../core/process/errors.ts';
import { servePasses } from '../../core/process/passes.ts';
import { giveWay } from '../../core/process/give-way.ts';
import type { Log } from '../../core/process/log.ts';
import { analyseEpochs } from './analyse.ts';
import { dueEpochs, firstOpenEpoch, groupsOf } from './due.ts';
import type { AnalysisMetrics } from './metrics.ts';
import { analysisMetrics } from './metrics.ts';
import type { OpenAnalysis } from './open.ts';
import { withAnalysis } from './open.ts';

export function serveAnalysis(config: Config, everySeconds: number, signal: AbortSignal): Promise<ExitCode> {
  giveWay();
  let doneTo: Epoch | null = null;
  const started = 'the analysis of footage has started';
  const plan = { process: 'footage', name: 'footage-analyse', started, everyMs: everySeconds * 1_000, signal };
  return servePasses(config, plan, ({ log, registry }) => {
    const metrics = analysisMetrics(registry);
    return {
      async pass() {
        const round: Round = { config, log, metrics, signal, doneTo };
        doneTo = await withAnalysis(config, signal, (open) => analyseDue(open, round));
      },
      onFailure(fault) {
        metrics.countFailure();
        log.warn({ reason: messageOf(fault) }, 'footage was not analysed; the next look tries again');
      },
    };
  });
}

interface Round {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: AnalysisMetrics;
  readonly signal: AbortSignal;
  /** The first open epoch of the round before, which looked for all epochs before it. */
  readonly doneTo: Epoch | null;
}

/** Resolves with the first open epoch: nothing is due until another one is. */
async function analyseDue(open: OpenAnalysis, { config, log, metrics, signal, doneTo }: Round): Promise<Epoch> {
  const { hdfs, epochSeconds, alone } = open;
  const now = Date.now();
  const firstOpen = firstOpenEpoch(now, { epochSeconds });
  const rules = { epochSeconds, knownDays: config.FOOTAGE_KNOWN_DAYS, nowMs: now };
  const due = firstOpen === doneTo ? [] : await dueEpochs(hdfs, rules);
  for (const group of groupsOf(due, epochSeconds)) {
    signal.throwIfAborted();
    const beganAt = performance.now();
    const { epochs } = await alone((context) => analyseEpochs(context, group));
    const tookMs = Math.round(performance.now() - beganAt);
    for (const { epoch } of epochs) metrics.countEpoch(epoch);
    metrics.observeRun(tookMs / 1_000);
    const [first, last] = [epochs[0]!.epoch.epoch, epochs.at(-1)!.epoch.epoch];
    const sum = (of: 'frames' | 'films' | 'faults'): number => epochs.reduce((all, { epoch }) => all + epoch[of], 0);
    log.info(
      { first, last, frames: sum('frames'), films: sum('films'), faults: sum('faults'), tookMs },
      'footage analysed',
    );
  }
  const hours = await cameraHoursStore(hdfs).between({ from: now - DAY_MS, to: now + HOUR_MS });
  // Only a whole hour tells who is silent; what is dark or frozen is seen from the first frames on.
  metrics.setCameras(hours.at(-1) ?? null, hours.filter(isWholeHour).at(-1) ?? null);
  return firstOpen;
}
