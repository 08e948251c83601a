/** The days of the lake: rows, size, files, and the downloads of complete days. */
import { exportPath } from '../feed/http-questions.ts';
import type { LakeDay } from '../model/lake.ts';
import { dayBounds } from '../model/lake.ts';
import { bytes, count } from '../text/numbers.ts';
import { Digits } from '../elements/Digits.tsx';
import { Icon } from '../elements/Icon.tsx';
import type { Column } from '../table/TableHead.tsx';
import { TableHead } from '../table/TableHead.tsx';

interface Props {
  readonly days: readonly LakeDay[];
  readonly selectedDays: readonly string[];
  readonly tick: (date: string) => void;
  /** HDFS does not answer: the last list stays, and downloads are off. */
  readonly isDown: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'Day, UTC', className: 'pickday' },
  { title: 'Rows', className: 'r' },
  { title: 'Size', className: 'r wide' },
  { title: 'Files', className: 'r wide' },
  { title: 'Epochs', className: 'r wide' },
  { title: 'Complete', className: 'get' },
];

export function DaysTable({ days, selectedDays, tick, isDown }: Props) {
  return (
    <div className="scroll dayrows" tabIndex={0} role="region" aria-labelledby="days-title">
      <table>
        <TableHead columns={COLUMNS} />
        <tbody>
          {days.map((day) => (
            <tr key={day.date}>
              <th scope="row" className="num pickday">
                <label>
                  <input
                    type="checkbox"
                    checked={selectedDays.includes(day.date)}
                    onChange={() => tick(day.date)}
                    aria-label={`${day.date} in the lines that read the lake`}
                  />
                  {day.date}
                </label>
              </th>
              <td className="r num">
                <Digits text={count(day.rows)} />
              </td>
              <td className="r num wide">
                <Digits text={bytes(day.bytes)} />
              </td>
              <td className="r num wide">{count(day.files)}</td>
              <td
                className="r num wide"
                title={day.epochs.length > 0 ? `${day.epochs[0]} to ${day.epochs.at(-1)}` : undefined}
              >
                {count(day.epochs.length)}
              </td>
              <td className="get">
                <Downloads day={day} isDown={isDown} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Downloads({ day, isDown }: { day: LakeDay; isDown: boolean }) {
  if (day.state === 'open') return <span className="hint">open, not for download yet</span>;
  const question = { location: 'all', ...dayBounds(day.date) };
  return (
    <span className="complete">
      <Icon name="check" />
      <span className="vh">complete</span>
      {(['parquet', 'csv'] as const).map((format) => {
        const name = format === 'csv' ? 'CSV' : 'Parquet';
        return isDown ? (
          <button
            key={format}
            type="button"
            className="btn small"
            disabled
            title="HDFS does not answer; try again in 30 s"
          >
            {name}
          </button>
        ) : (
          <a
            key={format}
            className="btn small"
            href={exportPath({ ...question, format })}
            download={`detections-${day.date}.${format}`}
            aria-label={`${day.date} as ${name}`}
          >
            {name}
          </a>
        );
      })}
    </span>
  );
}
