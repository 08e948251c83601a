/**
 * The nights: every epoch that was published, failed, is being published or is due, as a table has them, newest first.
 *
 * A try that failed shows until its epoch is published or tried again; epochs that are over and have no run are one
 * row, since the batch layer takes them in order. Where none is due the epoch that is still open says until when it is.
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
  // What was tried again with success is told by its run.
  const failed = attempts.filter(({ epoch }) => !published.has(epoch) && epoch > newest);
  const newestFailed = failed.filter(({ epoch }, index) => failed.findIndex((one) => one.epoch === epoch) === index);
  const running = trust?.batch.running && !published.has(trust.batch.running) ? trust.batch.running : null;
  const standing = newestFailed.filter(({ epoch }) => epoch !== running);
  return [
    ...due(trust, standing.length + (running ? 1 : 0), clock),
    ...(running
      ? [
          {
            key: `running ${running}`,
            epoch: running,
            verdict: 'Running',
            note: newestFailed.length > standing.length ? 'again, after a try that failed' : 'under way',
            run: null,
          } as const,
        ]
      : []),
    ...standing.map((one): Night => ({
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

/** What no run has begun with. */
function due(trust: TrustAnswer | null, begun: number, clock: (t: number) => string): Night[] {
  if (!trust) return [];
  const { behind_epochs: behind, open_epoch: open, open_ends_at: endsAt } = trust.batch;
  const waiting = Math.max(0, behind - begun);
  if (waiting > 0)
    return [
      {
        key: 'not run',
        epoch: waiting === 1 ? '1 epoch' : `${count(waiting)} epochs`,
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
