/** How far the speed layer has read each partition of the log, worst first. */
import type { TrustPartition } from '../../serving/answers.ts';
import { answerOf } from '../model/board.ts';
import { count } from '../text/numbers.ts';
import { clockTenths } from '../text/times.ts';
import { offsetText } from '../text/zones.ts';
import { Digits } from '../elements/Digits.tsx';
import { RowBar } from '../table/RowBar.tsx';
import type { PageState } from '../hooks/usePage.ts';
import { TableHead } from '../table/TableHead.tsx';

/** Seconds that fill a bar at least: from here on the badge says Late. */
const FULL_BAR_S = 3;

/** By whole seconds: smaller differences would change the order at every refresh. */
function worstFirst(a: TrustPartition, b: TrustPartition): number {
  return Math.floor(b.behind_seconds) - Math.floor(a.behind_seconds) || a.partition - b.partition;
}

export function Partitions({ page: { board, choices, now } }: { page: PageState }) {
  const partitions = [...(answerOf(board, 'trust')?.partitions ?? [])].sort(worstFirst);
  const greatest = Math.max(FULL_BAR_S, ...partitions.map(({ behind_seconds }) => behind_seconds));
  const cell = (text: string) => <Digits text={text} />;
  return (
    <section className="card" aria-labelledby="partitions-title">
      <header>
        <h2 id="partitions-title">Partitions</h2>
        <span className="hint num">{partitions.length > 0 && `${partitions.length}, worst first`}</span>
      </header>
      <div className="scroll">
        <table className="partitions">
          <TableHead
            columns={[
              { title: '#', className: 'r rk' },
              { className: 'behind', label: 'How far behind, as a bar' },
              { title: 'Behind, s', className: 'r' },
              { title: 'Behind, records', className: 'r' },
              { title: 'Offset', className: 'r wide' },
              { title: 'End of the log', className: 'r wide' },
              { title: `As of, ${offsetText(now, choices.tz)}`, className: 'r wide' },
            ]}
          />
          <tbody>
            {partitions.map((one, place) => (
              <tr key={place}>
                <th scope="row" className="r num rk">
                  {cell(String(one.partition))}
                </th>
                <td className="nm">
                  <RowBar part={one.behind_seconds} whole={greatest} />
                </td>
                <td className="r num">{cell(one.behind_seconds.toFixed(1))}</td>
                <td className="r num">{cell(count(one.behind_records))}</td>
                <td className="r num wide">{cell(count(one.next_offset))}</td>
                <td className="r num wide">{cell(count(one.end_offset))}</td>
                <td className="r num wide">{cell(clockTenths(one.as_of, choices.tz))}</td>
              </tr>
            ))}
            {partitions.length === 0 && (
              <tr className="filler">
                <td colSpan={7}>No answer yet</td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}
