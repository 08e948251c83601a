/**
 * The nights: every epoch that was published, failed or is due, as a table has them, newest first.
 *
 * A try that failed shows until its epoch is published; epochs that are over and have no run are one row, since the batch layer
 * takes them in order.
 */
import type { RunsAnswer, RunSummary, TrustAnswer } from '../../serving/answers.ts';
import { count } from './numbers.ts';

export interface Night {
  readonly key: string;
  readonly epoch: string;
  readonly verdict: 'Proved' | 'Repaired' | 'Unproven' | 'Failed' | 'Not run';
  readonly note: string;
  readonly run: RunSummary | null;
}

export function nightsOf({ runs, attempts }: RunsAnswer, trust: TrustAnswer | null): Night[] {
  const published = new Set(runs.map(({ epoch }) => epoch));
  const newest = runs[0]?.epoch ?? '';
  // What was tried again with success is told by its run.
  const failed = attempts.filter(({ epoch }) => !published.has(epoch) && epoch > newest);
  const newestFailed = failed.filter(({ epoch }, index) => failed.findIndex((one) => one.epoch === epoch) === index);
  const waiting = Math.max(0, (trust?.batch.behind_epochs ?? 0) - newestFailed.length);
  const notRun: Night[] = waiting === 0 ? [] : [{ key: 'not run', epoch: waiting === 1 ? '1 epoch' : `${count(waiting)} epochs`, verdict: 'Not run', note: 'over, not published yet', run: null }];
  return [
    ...notRun,
    ...newestFailed.map((one): Night => ({ key: `failed ${one.epoch}`, epoch: one.epoch, verdict: 'Failed', note: `exit ${one.exit_code} in ${one.step}: ${one.because}`, run: null })),
    ...runs.map((run): Night => ({ key: run.epoch, epoch: run.epoch, verdict: VERDICTS[run.result], note: noteOf(run), run })),
  ];
}

export const VERDICTS = { proved: 'Proved', repaired: 'Repaired', unproven: 'Unproven' } as const;

export function noteOf({ result, differences, unproven }: Pick<RunSummary, 'result' | 'differences' | 'unproven'>): string {
  if (result === 'repaired') return `${count(differences)} ${differences === 1 ? 'difference' : 'differences'}, published`;
  return result === 'unproven' ? (unproven[0] ?? '') : '';
}
