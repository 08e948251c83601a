/** The days of the lake: how much is in each, whether it is whole, and its files to take away. */
import { exportPath } from '../feed/http-questions.ts';
import type { LakeDay } from '../model/lake.ts';
import { dayBounds } from '../model/lake.ts';
import { bytes, count } from '../text/numbers.ts';
import { Digits } from '../elements/Digits.tsx';
import { Icon } from '../elements/Icon.tsx';

interface Props {
  readonly days: readonly LakeDay[];
  readonly ticked: readonly string[];
  readonly tick: (date: string) => void;
  /** HDFS does not answer: the list is what it was, and nothing can be downloaded. */
  readonly isAway: boolean;
}

export function DaysTable({ days, ticked, tick, isAway }: Props) {
  return (
    <div className="scroll dayrows" tabIndex={0} role="region" aria-labelledby="days-title">
      <table>
        <thead>
          <tr>
            <th scope="col" className="pickday">
              Day, UTC
            </th>
            <th scope="col" className="r">
              Rows
            </th>
            <th scope="col" className="r wide">
              Size
            </th>
            <th scope="col" className="r wide">
              Files
            </th>
            <th scope="col" className="r wide">
              Epochs
            </th>
            <th scope="col" className="get">
              Complete
            </th>
          </tr>
        </thead>
        <tbody>
          {days.map((day) => (
            <tr key={day.date}>
              <th scope="row" className="num pickday">
                <label>
                  <input
                    type="checkbox"
                    checked={ticked.includes(day.date)}
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
                <Get day={day} isAway={isAway} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Get({ day, isAway }: { day: LakeDay; isAway: boolean }) {
  if (day.state === 'open') return <span className="hint">open, not for download yet</span>;
  const question = { location: 'all', ...dayBounds(day.date) };
  return (
    <span className="complete">
      <Icon name="check" />
      <span className="vh">complete</span>
      {(['parquet', 'csv'] as const).map((format) => {
        const name = format === 'csv' ? 'CSV' : 'Parquet';
        return isAway ? (
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
