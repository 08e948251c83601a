/** Conflicts of the newest night that has any: copies whose payload differs from the first record. */
import Link from 'next/link';
import { faultOfAnswer, answerOf } from '../model/board.ts';
import { count } from '../text/numbers.ts';
import { linkTo } from '../model/routes.ts';
import { ConflictList } from './ConflictList.tsx';
import type { PageState } from '../hooks/usePage.ts';

const SHOWN = 5;

export function Conflicts({ page }: { page: PageState }) {
  const { board, choices } = page;
  const runs = answerOf(board, 'runs');
  const report = answerOf(board, 'conflictReport');
  const isForbidden = faultOfAnswer(board, 'runs')?.kind === 'forbidden';
  const all = runs?.runs.reduce((sum, { conflicts }) => sum + conflicts, 0) ?? 0;
  return (
    <section className="card" aria-labelledby="conflicts-title">
      <header>
        <h2 id="conflicts-title">Conflicts</h2>
        <span className="hint num">{runs && all > 0 && `${count(all)} in the nights above`}</span>
      </header>
      {isForbidden && (
        <p className="lead">
          <b>Ask an operator.</b> Only operators see the payloads of a conflict.
        </p>
      )}
      {runs && all === 0 && <p className="lead">None: every copy had the same payload as its first record.</p>}
      {all > 0 && report && (
        <>
          <p className="lead hint">
            Night <Link href={linkTo({ page: 'run', epoch: report.epoch }, choices)}>{report.epoch}</Link> has{' '}
            {count(report.conflictCount)}. The first record counts.
          </p>
          <ConflictList conflicts={report.conflicts.slice(0, SHOWN)} />
        </>
      )}
    </section>
  );
}
