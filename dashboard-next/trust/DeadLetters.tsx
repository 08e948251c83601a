/** Dead letters by reason. Only operators see them. */
import { faultOfAnswer, answerOf } from '../model/board.ts';
import { count } from '../text/numbers.ts';
import { RowBar } from '../table/RowBar.tsx';
import type { PageState } from '../hooks/usePage.ts';
import type { Column } from '../table/TableHead.tsx';
import { TableHead } from '../table/TableHead.tsx';

const COLUMNS: readonly Column[] = [{ title: 'Reason' }, { title: 'Records', className: 'r cnt' }];

export function DeadLetters({ page: { board } }: { page: PageState }) {
  const trust = answerOf(board, 'trust');
  const isForbidden = faultOfAnswer(board, 'runs')?.kind === 'forbidden';
  const letters = trust?.dead_letters ?? [];
  const greatest = Math.max(0, ...letters.map((one) => one.count));
  return (
    <section className="card" aria-labelledby="letters-title">
      <header>
        <h2 id="letters-title">Dead letters by reason</h2>
        <span className="hint num">{trust && letters.length > 0 && count(trust.tallies.dead_letters)}</span>
      </header>
      {isForbidden && (
        <p className="lead">
          <b>Ask an operator.</b> Only operators see dead letters.
        </p>
      )}
      {!isForbidden && trust && letters.length === 0 && <p className="lead">None: every record is readable.</p>}
      {!isForbidden && letters.length > 0 && (
        <>
          <table className="letters">
            <TableHead columns={COLUMNS} />
            <tbody>
              {letters.map(({ reason, meaning, count: n }) => (
                <tr key={reason}>
                  <td className="nm">
                    <RowBar part={n} whole={greatest} />
                    <span className="name" title={reason}>
                      {meaning}
                    </span>
                  </td>
                  <td className="r num cnt">{count(n)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="lead hint">
            <code>sightline dlq list</code> shows them, <code>sightline dlq replay</code> sends them again.
          </p>
        </>
      )}
    </section>
  );
}
