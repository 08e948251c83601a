/** The outcomes of records: six numbers that add up exactly, as a bar and as a table. */
import type { TalliesAnswer } from '../../serving/answers.ts';
import { count, share } from '../text/numbers.ts';
import { Digits } from '../elements/Digits.tsx';
import type { TallyRow } from '../model/tallies.ts';
import { tallyRows } from '../model/tallies.ts';

interface Props {
  readonly title: string;
  readonly tallies: TalliesAnswer | null;
}

export function TalliesBar({ title, tallies }: Props) {
  const rows = tallies ? tallyRows(tallies) : [];
  const records = tallies?.records ?? 0;
  return (
    <section className="card tallies" aria-labelledby="tallies-title">
      <header>
        <h2 id="tallies-title">{title}</h2>
        <span className="hint">= new + copies + strays + deferred + dead letters + ticks</span>
        <span className="sp" />
        <b className="num r" id="records">
          <Digits text={tallies ? count(records) : '–'} />
        </b>
      </header>
      <Bar rows={rows} records={records} />
      <table>
        <colgroup>
          <col className="what" />
          <col className="many" />
          <col className="part" />
          <col />
        </colgroup>
        <thead className="vh">
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Records</th>
            <th scope="col">Share</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, word, meaning, count: n }, index) => (
            <tr key={name}>
              <th scope="row">
                <span className={`k c${index + 1}`} aria-hidden="true" />
                {word}
              </th>
              <td className="r num">
                <Digits text={count(n)} />
              </td>
              <td className="r num shr">
                <Digits text={n === 0 ? '–' : share(n, records)} />
              </td>
              <td className="hint">{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Bar({ rows, records }: { rows: readonly TallyRow[]; records: number }) {
  let x = 0;
  return (
    <svg className="tallybar" width="100%" height="16" aria-hidden="true">
      {records === 0 && <rect className="f-inset" width="100%" height="16" rx="3" />}
      {rows.map(({ name, count: n }, index) => {
        const width = records > 0 ? (n / records) * 100 : 0;
        const from = x;
        x += width;
        return (
          width > 0 && (
            <rect
              key={name}
              className={`f-c${index + 1}`}
              x={`${from.toFixed(3)}%`}
              width={`${Math.max(width, 0.15).toFixed(3)}%`}
              height="16"
            />
          )
        );
      })}
    </svg>
  );
}
