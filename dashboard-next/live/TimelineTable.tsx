/** The timeline as a table, newest first: the numbers of the chart, in its box. */
import type { Bar } from '../model/bars.ts';
import { count } from '../text/numbers.ts';
import { boundsText, clock, dayClock } from '../text/times.ts';
import { isReadTwice, offsetMs } from '../../core/domain/zone.ts';
import { offsetText } from '../text/zones.ts';
import { Digits } from '../elements/Digits.tsx';
import { TableHead } from '../table/TableHead.tsx';

export function TimelineTable({
  bars,
  tz,
  now,
  lengthWords,
}: {
  bars: readonly Bar[];
  tz: string;
  now: number;
  lengthWords: string;
}) {
  const zone = bars[0] ? offsetText(bars[0].t, tz) : 'UTC';
  return (
    <div className="twin" tabIndex={0} role="region" aria-labelledby="timeline-title" data-arrows>
      <table>
        <TableHead
          columns={[
            { title: `Time, ${zone}` },
            { title: 'Count', className: 'r' },
            { title: 'Batch', className: 'r' },
            { title: 'Speed', className: 'r' },
            { title: `${lengthWords} before`, className: 'r' },
          ]}
        />
        <tbody>
          {[...bars].reverse().map((bar) => (
            <tr key={bar.t}>
              <th scope="row" className="num">
                {rowText(bar, tz, now)}
                {bar.isCut && <span className="hint"> part</span>}
              </th>
              <td className="r num">
                <Digits text={bar.isUnknown ? '–' : count(bar.count)} />
              </td>
              <td className="r num">
                <Digits text={bar.isUnknown ? '–' : count(bar.batch)} />
              </td>
              <td className="r num">
                <Digits text={bar.isUnknown ? '–' : count(bar.speed)} />
              </td>
              <td className="r num">
                <Digits text={bar.before === null ? '–' : count(bar.before)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The day once, also at midnight. If clocks change in the bucket, both ends show their offset. */
function rowText({ t, to }: Bar, tz: string, now: number): string {
  const isPlain = offsetMs(t, tz) === offsetMs(to, tz) && !isReadTwice(t, tz) && !isReadTwice(to, tz);
  return isPlain ? `${dayClock(t, tz, now)} – ${clock(to, tz)}` : boundsText({ from: t, to }, tz, now);
}
