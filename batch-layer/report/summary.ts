/** A run in one line for people: commands/run.ts prints it, scheduler.ts logs it. */
import type { RunReport } from '../../core/stores/lake/runs.ts';
import type { Draft } from './report.ts';

export function summaryOf(report: RunReport): string {
  const { comparison } = report;
  const differences = comparison.differences.count + comparison.tally_differences.length;
  const proof = {
    proved: 'proved',
    repaired: `${differences} differences repaired`,
    unproven: `unproven (${comparison.unproven[0] ?? 'no reason was given'})`,
  }[report.result];
  return `${countsOf(report)}; ${proof}; ${seconds(report.published_at - report.began_at)} s`;
}

export function countsOf(draft: Draft): string {
  const { tallies } = draft;
  const parts = [
    `${shown(tallies.copies)} copies`,
    `${shown(tallies.strays)} strays`,
    `${shown(tallies.deferred)} deferred`,
    `${shown(tallies.dead_letters)} dead letters`,
  ];
  const published = `${shown(draft.rows)} detections published`;
  return `${draft.epoch}: ${shown(draft.records)} records, ${published} (${parts.join(', ')})`;
}

const shown = (count: number): string => count.toLocaleString('en');
const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
