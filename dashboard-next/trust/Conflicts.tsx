/** Copies that said something else than the first: of the newest night that met any, both payloads side by side. */
import Link from 'next/link';
import { faultOfPart, partOf } from '../model/board.ts';
import { count } from '../text/numbers.ts';
import { linkTo } from '../model/routes.ts';
import { ConflictList } from './ConflictList.tsx';
import type { PageState } from '../hooks/usePage.ts';

const SHOWN = 5;

export function Conflicts({ page }: { page: PageState }) {
  const { board, shown } = page;
  const runs = partOf(board, 'runs');
  const report = partOf(board, 'conflicted');
  const isForbidden = faultOfPart(board, 'runs')?.kind === 'forbidden';
  const all = runs?.runs.reduce((sum, { conflicts }) => sum + conflicts, 0) ?? 0;
  return (
    <section className="card" aria-labelledby="conflicts-title">
      <header>
        <h2 id="conflicts-title">Conflicts</h2>
        <span className="hint num">{runs && all > 0 && `${count(all)} in the nights above`}</span>
      </header>
      {isForbidden && (
        <p className="lead">
          <b>Ask an operator.</b> Both payloads of a conflict are shown to operators.
        </p>
      )}
      {runs && all === 0 && <p className="lead">None: every copy said what the first had said.</p>}
      {all > 0 && report && (
        <>
          <p className="lead hint">
            Night <Link href={linkTo({ page: 'run', epoch: report.epoch }, shown)}>{report.epoch}</Link> met{' '}
            {count(report.conflictCount)}. The first one counts.
          </p>
          <ConflictList conflicts={report.conflicts.slice(0, SHOWN)} />
        </>
      )}
    </section>
  );
}
