/** Speed against batch: by partition, by place, and every cell that differs, with the ids behind it. */
import Link from 'next/link';
import { count } from '../text/numbers.ts';
import { makeVisible } from '../text/names.ts';
import type { Report } from '../model/report.ts';
import { dayClock } from '../text/times.ts';
import { linkTo } from '../model/routes.ts';
import type { PageState } from '../hooks/usePage.ts';
import type { Column } from '../table/TableHead.tsx';
import { TableHead } from '../table/TableHead.tsx';

/** The two layers, in one order in every table. */
const LAYER_COLUMNS: readonly Column[] = [
  { title: 'Speed', className: 'r' },
  { title: 'Batch', className: 'r' },
];
const PARTITION_COLUMNS: readonly Column[] = [
  { title: '#', className: 'r rk' },
  { title: 'Offsets', className: 'r wide' },
  { title: 'Records', className: 'r wide' },
  ...LAYER_COLUMNS,
  { title: 'Differences', className: 'r' },
];
const CELL_COLUMNS: readonly Column[] = [
  { title: 'Minute, UTC' },
  { title: 'Place' },
  { title: 'Item' },
  ...LAYER_COLUMNS,
  { title: 'Ids' },
];

export function Differences({ report, page }: { report: Report; page: PageState }) {
  return (
    <>
      <section className="card" aria-labelledby="by-partition-title">
        <header>
          <h2 id="by-partition-title">By partition</h2>
          <span className="hint">new detections of all epochs so far, as each layer counted them</span>
        </header>
        <table>
          <TableHead columns={PARTITION_COLUMNS} />
          <tbody>
            {report.partitions.map((one) => (
              <tr key={one.partition}>
                <th scope="row" className="r num rk">
                  {one.partition}
                </th>
                <td className="r num wide">
                  {count(one.first)} – {count(one.cut)}
                </td>
                <td className="r num wide">{count(one.records)}</td>
                <td className="r num">{one.speed === null ? 'not compared' : count(one.speed)}</td>
                <td className="r num">{count(one.batch)}</td>
                <td className="r num">{count(one.differences)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {report.differenceCount > 0 && <EachDifference report={report} page={page} />}
    </>
  );
}

function EachDifference({ report, page: { choices, now } }: { report: Report; page: PageState }) {
  const all = report.differences.length + report.tallyDifferences.length;
  return (
    <section className="card" aria-labelledby="differences-title">
      <header>
        <h2 id="differences-title">Differences</h2>
        <span className="hint num">
          {all < report.differenceCount
            ? `the first ${count(all)} of ${count(report.differenceCount)}; the JSON has all`
            : count(report.differenceCount)}
        </span>
      </header>
      <ul className="lead">
        {report.places.map(({ oid, cells, batch, speed }) => (
          <li key={oid} className="num">
            Place <Link href={linkTo({ page: 'place', location: oid }, choices)}>#{oid}</Link>: speed {count(speed)},
            batch {count(batch)} in {count(cells)} {cells === 1 ? 'cell' : 'cells'}
          </li>
        ))}
        {report.tallyDifferences.map(({ partition, tally, batch, speed }) => (
          <li key={`${partition} ${tally}`} className="num">
            Tally {tally} of partition {partition}: speed {count(speed)}, batch {count(batch)}
          </li>
        ))}
      </ul>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="differences-title">
        <table className="cells">
          <TableHead columns={CELL_COLUMNS} />
          <tbody>
            {report.differences.map((one, index) => (
              <tr key={index}>
                <td className="num">{dayClock(one.minute, 'UTC', now)}</td>
                <td className="num">#{one.geographical_location_oid}</td>
                <td>
                  <bdi>{makeVisible(one.item_name)}</bdi>
                </td>
                <td className="r num">{count(one.speed)}</td>
                <td className="r num">{count(one.batch)}</td>
                <td className="num">
                  {idsText('not in speed', one.missing_in_speed)}
                  {idsText('not in batch', one.missing_in_batch)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const IDS = 3;

function idsText(words: string, ids: readonly string[]): string {
  if (ids.length === 0) return '';
  const more = ids.length > IDS ? ` and ${count(ids.length - IDS)} more in the JSON` : '';
  return `${words}: ${ids.slice(0, IDS).join(', ')}${more}. `;
}
