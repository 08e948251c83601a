'use client';
/** The page of a night: its verdict, speed against batch by partition and place, each difference, each conflict. */
import Link from 'next/link';
import { runPath } from '../feed/http-questions.ts';
import { faultOfPart, isAnswered, partOf } from '../model/board.ts';
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
  const { board, shown } = page;
  const { where } = shown;
  if (where.page !== 'run') throw new Error('this is the page of a night');
  const report = partOf(board, 'report');
  const fault = faultOfPart(board, 'report');
  const isRunning = partOf(board, 'trust')?.batch.running === where.epoch;
  return (
    <Frame page={page} title={`Night ${where.epoch} · Sightline`} json={report ? runPath(where.epoch) : null}>
      <Breadcrumbs to={linkTo({ page: 'trust' }, shown)} name="Trust">
        Night <span className="num">{where.epoch}</span>
      </Breadcrumbs>
      {report && <RunReport report={report} page={page} />}
      {!report && fault && (
        <section className="card">
          <FaultMessage fault={fault} page={page} />
          {fault.kind === 'forbidden' && (
            <p className="lead">
              <Link href={linkTo({ page: 'trust' }, shown)}>Trust</Link> tells everybody how far numbers are proved, and
              what became of every record.
            </p>
          )}
        </section>
      )}
      {!report && isAnswered(board, 'report') && isRunning && (
        <section className="card lead" aria-label="Not published yet">
          <Verdict word="Running" />
          <h2>Epoch {where.epoch} is being published now.</h2>
          <p>This page shows the report as soon as there is one.</p>
        </section>
      )}
      {!report && isAnswered(board, 'report') && !isRunning && (
        <section className="card lead" aria-label="Not published">
          <h2>Epoch {where.epoch} is not published.</h2>
          <p>
            <code>sightline batch run --epoch {where.epoch}</code> runs it once it is over; this page shows its report
            as soon as there is one.
          </p>
        </section>
      )}
    </Frame>
  );
}
