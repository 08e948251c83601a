'use client';
/** The Trust page: can I trust the numbers, and what did the nights prove? */
import { faultOfAnswer, answerOf } from '../model/board.ts';
import { Conflicts } from './Conflicts.tsx';
import { Controls } from '../frame/Controls.tsx';
import { DeadLetters } from './DeadLetters.tsx';
import { Doubt } from './Doubt.tsx';
import { Frame } from '../frame/Frame.tsx';
import { HeldPartitions } from './HeldPartitions.tsx';
import { Nights } from './Nights.tsx';
import { Partitions } from './Partitions.tsx';
import { TalliesBar } from './TalliesBar.tsx';
import { FaultMessage } from '../frame/FaultMessage.tsx';
import { TrustCards } from './TrustCards.tsx';
import { usePage } from '../hooks/usePage.ts';
import type { PageProps } from '../model/page.ts';

export function TrustPage(props: PageProps) {
  const page = usePage(props);
  const { board } = page;
  const trust = answerOf(board, 'trust');
  const fault = faultOfAnswer(board, 'trust');
  return (
    <Frame page={page} title="Trust · Sightline" json="/api/v1/trust">
      <h1 className="vh">Trust</h1>
      <Controls page={page} />
      <TrustCards page={page} />
      <Doubt page={page} />
      <HeldPartitions page={page} />
      {!trust && fault && (
        <section className="card">
          <FaultMessage fault={fault} page={page} />
        </section>
      )}
      <TalliesBar title="Records read" tallies={trust?.tallies ?? null} />
      <Partitions page={page} />
      <Nights page={page} />
      <div className="two">
        <DeadLetters page={page} />
        <Conflicts page={page} />
      </div>
    </Frame>
  );
}
