/** Measures how long each step of a run takes, for the report, the metrics and the log. */
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { Step, StepTimes } from '../steps.ts';
import type { BatchContext } from '../context.ts';

export function newStepTimes(
  context: Pick<BatchContext, 'log' | 'metrics' | 'progressLine' | 'signal'>,
  epoch: string,
): StepTimes {
  const steps: RunReport['steps'] = [];
  let current: Step | null = null;
  return {
    async measure(step, work) {
      context.signal.throwIfAborted();
      current = step;
      const began = performance.now();
      const result = await work();
      const tookMs = Math.round(performance.now() - began);
      steps.push({ step, took_ms: tookMs });
      context.metrics.observeStep(step, tookMs);
      context.progressLine.finishStep(epoch, step, tookMs);
      context.log.info({ epoch, step, took_ms: tookMs }, 'step done');
      return result;
    },
    all: () => [...steps],
    current: () => current,
  };
}
