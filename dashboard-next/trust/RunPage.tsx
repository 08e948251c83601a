'use client';
/** The page of a night: its verdict, speed against batch, every difference and every conflict. */
import Link from 'next/link';
import { runPath } from '../feed/http-questions.ts';
import { faultOfAnswer, isAnswered, answerOf } from '../model/board.ts';
import { linkTo } from '../model/routes.ts';
import { Breadcrumbs } from '../frame/Breadcrumbs.tsx';
import { Frame } from '../frame/Frame.tsx';
import { RunReport } from './RunReport.tsx';
import { FaultMessage } from '../frame/FaultMessage.tsx';
import { Verdict } from './Verdict.tsx';
import { usePage } from '../hooks/usePage.ts';
import type { PageProps } from '../model/page.ts';

export function RunPage(props: PageProps) {
  const page = usePage(props);
  const { board, choices } = page;
  const { route } = choices;
  if (route.page !== 'run') throw new Error('this is the page of a night');
  const report = answerOf(board, 'report');
  const fault = faultOfAnswer(board, 'report');
  const isRunning = answerOf(board, 'trust')?.batch.running === route.epoch;
  return (
    <Frame page={page} title={`Night ${route.epoch} · Sightline`} json={report ? runPath(route.epoch) : null}>
      <Breadcrumbs to={linkTo({ page: 'trust' }, choices)} name="Trust">
        Night <span className="num">{route.epoch}</span>
      </Breadcrumbs>
      {report && <RunReport report={report} page={page} />}
      {!report && fault && (
        <section className="card">
          <FaultMessage fault={fault} page={page} />
          {fault.kind === 'forbidden' && (
            <p className="lead">
              <Link href={linkTo({ page: 'trust' }, choices)}>Trust</Link> shows everybody up to where the numbers are
              proved, and the outcome of every record.
            </p>
          )}
        </section>
      )}
      {!report && isAnswered(board, 'report') && isRunning && (
        <section className="card lead" aria-label="Not published yet">
          <Verdict word="Running" />
          <h2>Epoch {route.epoch} is being published now.</h2>
          <p>This page shows the report as soon as there is one.</p>
        </section>
      )}
      {!report && isAnswered(board, 'report') && !isRunning && (
        <section className="card lead" aria-label="Not published">
          <h2>Epoch {route.epoch} is not published.</h2>
          <p>
            <code>sightline batch run --epoch {route.epoch}</code> runs it once it is over; this page shows its report
            as soon as there is one.
          </p>
        </section>
      )}
    </Frame>
  );
}
