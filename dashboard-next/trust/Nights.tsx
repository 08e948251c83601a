/** The table of nights: the counts of speed and batch side by side, the verdict, and a link to the report. */
import Link from 'next/link';
import { faultOfAnswer, answerOf } from '../model/board.ts';
import type { Night } from '../model/nights.ts';
import { nightsOf } from '../model/nights.ts';
import { count } from '../text/numbers.ts';
import { clock } from '../text/times.ts';
import { linkTo } from '../model/routes.ts';
import { Filler } from '../table/Filler.tsx';
import { FaultMessage } from '../frame/FaultMessage.tsx';
import { Verdict } from './Verdict.tsx';
import type { PageState } from '../hooks/usePage.ts';
import type { Column } from '../table/TableHead.tsx';
import { TableHead } from '../table/TableHead.tsx';

/** Least rows of the table, so that what is below it does not move. */
const ROWS = 10;

const COLUMNS: readonly Column[] = [
  { title: 'Epoch, UTC' },
  { title: 'Verdict' },
  { title: 'Speed counted', className: 'r wide' },
  { title: 'Batch counted', className: 'r wide' },
  { title: 'Differences', className: 'r wide' },
  { title: 'Repaired', className: 'r wide' },
  { title: 'Conflicts', className: 'r wide' },
  { title: 'Took', className: 'r wide' },
];

export function Nights({ page }: { page: PageState }) {
  const { board, choices } = page;
  const runs = answerOf(board, 'runs');
  const trust = answerOf(board, 'trust');
  const fault = faultOfAnswer(board, 'runs');
  const nights = runs ? nightsOf(runs, trust, (t) => clock(t, 'UTC')) : [];
  const isFirst = runs !== null && runs.total === 0 && runs.attempts.length === 0 && trust?.batch.behind_epochs === 0;
  return (
    <section className="card" aria-labelledby="nights-title">
      <header>
        <h2 id="nights-title">Nights</h2>
        <span className="hint num">
          {runs &&
            !isFirst &&
            (runs.total > runs.runs.length
              ? `the newest ${count(runs.runs.length)} of ${count(runs.total)}`
              : `${count(runs.total)} published`)}
        </span>
      </header>
      {!runs && fault && <FaultMessage fault={fault} page={page} />}
      {isFirst && (
        <p className="lead">
          The first night has not ended. <code>sightline batch run --epoch {trust.batch.open_epoch}</code> runs it once
          it has.
        </p>
      )}
      {runs && !isFirst && (
        <div className="scroll nightrows" tabIndex={0} role="region" aria-labelledby="nights-title">
          <table className="nights">
            <TableHead columns={COLUMNS} />
            <tbody>
              {nights.map((night, place) => (
                <Row key={place} night={night} href={linkTo({ page: 'run', epoch: night.epoch }, choices)} />
              ))}
              {nights.length < ROWS && <Filler rows={ROWS - nights.length} text="" columns={8} />}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ night, href }: { night: Night; href: string }) {
  const { run } = night;
  const number = (n: number | null | undefined): string => (n === null || n === undefined ? '–' : count(n));
  return (
    <tr>
      <th scope="row" className="num">
        {run || night.verdict === 'Running' ? (
          <Link key={night.key} href={href} prefetch={false}>
            {night.epoch}
          </Link>
        ) : (
          night.epoch
        )}
      </th>
      <td className="verdictcell" title={night.note}>
        <Verdict key={night.verdict} word={night.verdict} />{' '}
        <span key={night.key} className="hint">
          {night.note}
        </span>
      </td>
      <td className="r num wide">{number(run?.counted.speed)}</td>
      <td className="r num wide">{number(run?.counted.batch)}</td>
      <td className="r num wide">{number(run?.differences)}</td>
      <td className="r num wide">{number(run && (run.result === 'repaired' ? run.differences : 0))}</td>
      <td className="r num wide">{number(run?.conflicts)}</td>
      <td className="r num wide">{run ? tookText(run.took_ms) : '–'}</td>
    </tr>
  );
}

function tookText(ms: number): string {
  return ms < 60_000
    ? `${(ms / 1_000).toFixed(1)}\u00a0s`
    : `${Math.floor(ms / 60_000)}\u00a0min ${Math.round((ms % 60_000) / 1_000)}\u00a0s`;
}
