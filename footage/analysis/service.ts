/**
 * `sightline footage analyse --every`: analyses each epoch after its end, with metrics, until it is told to stop.
 *
 * A round that fails, because a dependency is away or another process holds the lease, is told and tried again with the
 * next look: analysis is never urgent. What it had published stays published.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isWholeHour } from '../../core/stores/footage/camera-hours.ts';
import { cameraHoursStore } from '../../core/stores/footage/camera-hours.ts';
import type { Epoch } from '../../core/domain/epoch.ts';
import { DAY_MS, HOUR_MS } from '../../core/domain/time.ts';
import type { Config } from '../../core/process/config.ts';
import { EXIT, isRetriedLater, messageOf } from '../../core/process/errors.ts';
import type { ExitCode } from '../../core/process/errors.ts';
import { giveWay } from '../../core/process/give-way.ts';
import { createLog } from '../../core/process/log.ts';
import type { Log } from '../../core/process/log.ts';
import { announceTarget } from '../../core/process/metrics-target.ts';
import { createRegistry, serveMetrics } from '../../core/process/metrics.ts';
import { analyseEpochs } from './analyse.ts';
import { dueEpochs, firstOpenEpoch, groupsOf } from './due.ts';
import type { AnalysisMetrics } from './metrics.ts';
import { analysisMetrics } from './metrics.ts';
import type { OpenAnalysis } from './open.ts';
import { withAnalysis } from './open.ts';

export async function serveAnalysis(config: Config, everySeconds: number, signal: AbortSignal): Promise<ExitCode> {
  giveWay();
  const log = createLog('footage', config.LOG_LEVEL);
  const registry = createRegistry('footage-analyse');
  const metrics = analysisMetrics(registry);
  let doneTo: Epoch | null = null;
  let waitingFor: string | null = 'the first look is under way';
  const server = await serveMetrics(registry, { host: config.BIND, port: config.METRICS_PORT }, () => waitingFor);
  const forgetTarget = announceTarget(config, 'footage', server.port);
  log.info({ metrics_port: server.port, every_s: everySeconds }, 'the analysis of footage has started');
  try {
    while (!signal.aborted) {
      try {
        const round: Round = { config, log, metrics, signal, doneTo };
        doneTo = await withAnalysis(config, signal, (open) => analyseDue(open, round));
        waitingFor = null;
      } catch (fault) {
        if (signal.aborted) break;
        if (!isRetriedLater(fault)) throw fault;
        waitingFor = messageOf(fault);
        metrics.countFailure();
        log.warn({ reason: messageOf(fault) }, 'footage was not analysed; the next look tries again');
      }
      await pause(everySeconds * 1_000, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    forgetTarget();
    await server.close();
  }
  return EXIT.done;
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
