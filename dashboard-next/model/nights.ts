/**
 * The rows of the table of nights, newest first: epochs that are published, failed, running or due.
 *
 * A failed attempt shows until its epoch is published or runs again. All epochs that are over and have no run share one
 * row, because the batch layer takes them in order. If none is due, the open epoch shows when it ends.
 */
import type { RunsAnswer, RunSummary, TrustAnswer } from '../../serving/answers.ts';
import { count } from '../text/numbers.ts';

export interface Night {
  readonly key: string;
  readonly epoch: string;
  readonly verdict: 'Proved' | 'Repaired' | 'Unproven' | 'Failed' | 'Running' | 'Not run';
  readonly note: string;
  readonly run: RunSummary | null;
}

/** `clock` writes an instant as a time of day, UTC. */
export function nightsOf(
  { runs, attempts }: RunsAnswer,
  trust: TrustAnswer | null,
  clock: (t: number) => string,
): Night[] {
  const published = new Set(runs.map(({ epoch }) => epoch));
  const newest = runs[0]?.epoch ?? '';
  // An attempt is left out once a run has published its epoch.
  const failedAttempts = attempts.filter(({ epoch }) => !published.has(epoch) && epoch > newest);
  const newestFailures = failedAttempts.filter(
    ({ epoch }, index) => failedAttempts.findIndex((one) => one.epoch === epoch) === index,
  );
  const runningEpoch = trust?.batch.running && !published.has(trust.batch.running) ? trust.batch.running : null;
  const unresolved = newestFailures.filter(({ epoch }) => epoch !== runningEpoch);
  return [
    ...due(trust, unresolved.length + (runningEpoch ? 1 : 0), clock),
    ...(runningEpoch
      ? [
          {
            key: `running ${runningEpoch}`,
            epoch: runningEpoch,
            verdict: 'Running',
            note: newestFailures.length > unresolved.length ? 'again, after a failed attempt' : 'under way',
            run: null,
          } as const,
        ]
      : []),
    ...unresolved.map((one): Night => ({
      key: `failed ${one.epoch}`,
      epoch: one.epoch,
      verdict: 'Failed',
      note: `exit ${one.exit_code} in ${one.step}: ${one.because}`,
      run: null,
    })),
    ...runs.map((run): Night => ({
      key: run.epoch,
      epoch: run.epoch,
      verdict: VERDICTS[run.result],
      note: noteOf(run),
      run,
    })),
  ];
}

/** One row for the epochs that no run has started, or for the open epoch. */
function due(trust: TrustAnswer | null, startedCount: number, clock: (t: number) => string): Night[] {
  if (!trust) return [];
  const { behind_epochs: behind, open_epoch: open, open_ends_at: endsAt } = trust.batch;
  const waitingCount = Math.max(0, behind - startedCount);
  if (waitingCount > 0)
    return [
      {
        key: 'not run',
        epoch: waitingCount === 1 ? '1 epoch' : `${count(waitingCount)} epochs`,
        verdict: 'Not run',
        note: 'over, not published yet',
        run: null,
      },
    ];
  return behind > 0
    ? []
    : [{ key: `open ${open}`, epoch: open, verdict: 'Not run', note: `open until ${clock(endsAt)}`, run: null }];
}

export const VERDICTS = { proved: 'Proved', repaired: 'Repaired', unproven: 'Unproven' } as const;

export function noteOf({
  result,
  differences,
  unproven,
}: Pick<RunSummary, 'result' | 'differences' | 'unproven'>): string {
  if (result === 'repaired')
    return `${count(differences)} ${differences === 1 ? 'difference' : 'differences'}, published`;
  return result === 'unproven' ? (unproven[0] ?? '') : '';
}
