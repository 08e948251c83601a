/**
 * Partitions that wait because a broker's clock ran ahead: since when, until when, and what to do. Without any,
 * nothing.
 */
import { answerOf } from '../model/board.ts';
import { count } from '../text/numbers.ts';
import { moment } from '../text/times.ts';
import type { PageState } from '../hooks/usePage.ts';
import type { Column } from '../table/TableHead.tsx';
import { TableHead } from '../table/TableHead.tsx';

const COLUMNS: readonly Column[] = [
  { title: '#', className: 'r rk' },
  { title: 'Before offset', className: 'r wide' },
  { title: 'Stamped', className: 'wide' },
  { title: 'Held since' },
  { title: 'Continues by itself' },
];

export function HeldPartitions({ page: { board, choices, now } }: { page: PageState }) {
  const held = answerOf(board, 'trust')?.held ?? [];
  const [first] = held;
  if (!first) return null;
  const at = (t: number): string => moment(t, choices.tz, now);
  return (
    <section className="card" aria-labelledby="held-title">
      <header>
        <h2 id="held-title">Held: a broker’s clock ran ahead</h2>
        <span className="hint num">
          {held.length} partition{held.length === 1 ? '' : 's'}
        </span>
      </header>
      <div className="scroll">
        <table className="held">
          <TableHead columns={COLUMNS} />
          <tbody>
            {held.map((one) => (
              <tr key={one.partition}>
                <th scope="row" className="r num rk">
                  {one.partition}
                </th>
                <td className="r num wide">{count(one.offset)}</td>
                <td className="num wide">{at(one.stamp)}</td>
                <td className="num">{at(one.since)}</td>
                <td className="num">{at(one.goes_on_at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="lead">
        <b>Records that have arrived there since then are not counted yet.</b> Wait, or set the broker’s clock and
        correct the stamps: <code>{first.remedy}</code>
        {held.length > 1 && ', and the same for each of the others.'}
      </p>
    </section>
  );
}
