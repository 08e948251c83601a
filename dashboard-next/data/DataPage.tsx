'use client';
/** The Data page: the days of the lake, lines that read them, and a window as a file. */
import { useState } from 'react';
import { faultOfAnswer, answerOf } from '../model/board.ts';
import { DaysTable } from './DaysTable.tsx';
import { ExportForm } from './ExportForm.tsx';
import { Frame } from '../frame/Frame.tsx';
import { DayCalendar } from './DayCalendar.tsx';
import { FaultMessage } from '../frame/FaultMessage.tsx';
import { CodeSamples } from './CodeSamples.tsx';
import { clock } from '../text/times.ts';
import { usePage } from '../hooks/usePage.ts';
import type { PageProps } from '../model/page.ts';

export function DataPage(props: PageProps) {
  const page = usePage(props);
  const { board } = page;
  const lake = answerOf(board, 'lake');
  const trust = answerOf(board, 'trust');
  const fault = faultOfAnswer(board, 'lake');
  const [ownSelection, setOwnSelection] = useState<readonly string[] | null>(null);
  const days = lake?.days ?? [];
  // The newest day is ticked until somebody ticks others.
  const selectedDays = ownSelection ?? days.slice(0, 1).map(({ date }) => date);
  const tick = (date: string): void =>
    setOwnSelection(
      selectedDays.includes(date) ? selectedDays.filter((one) => one !== date) : [...selectedDays, date].sort(),
    );
  return (
    <Frame page={page} title="Data · Sightline" json="/api/v1/lake">
      <div className="pagehead">
        <h1>Data</h1>
        <p className="hint num">{lake && `${lake.root} on HDFS, Parquet, one row per detection; days are UTC`}</p>
      </div>
      <div className="data">
        <section className="card days" aria-labelledby="days-title">
          <header>
            <h2 id="days-title">Days</h2>
            <span className="hint num">{fault && lake ? `${fault.title}; try again in 30 s` : ''}</span>
          </header>
          {!lake && fault && <FaultMessage fault={fault} page={page} />}
          {lake && days.length === 0 && (
            <p className="lead">
              The lake fills when the first epoch is published
              {trust && `, after ${clock(trust.batch.open_ends_at, 'UTC')} UTC`}. Until then the window export reads the
              views.
            </p>
          )}
          {days.length > 0 && (
            <>
              <DayCalendar days={days} now={page.now} />
              <DaysTable days={days} selectedDays={selectedDays} tick={tick} isDown={fault !== null} />
            </>
          )}
        </section>
        <CodeSamples lake={lake} days={selectedDays} say={page.say} />
        <ExportForm page={page} />
      </div>
    </Frame>
  );
}
