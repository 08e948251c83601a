'use client';
/** The Trust page: may I believe it, and what did the nights prove? */
import { faultOfPart, partOf } from '../live/board.ts';
import { Conflicts } from './Conflicts.tsx';
import { Controls } from './Controls.tsx';
import { DeadLetters } from './DeadLetters.tsx';
import { Frame } from './Frame.tsx';
import { Held } from './Held.tsx';
import { Nights } from './Nights.tsx';
import { Partitions } from './Partitions.tsx';
import { TalliesBar } from './TalliesBar.tsx';
import { Trouble } from './Trouble.tsx';
import { TrustCards } from './TrustCards.tsx';
import { usePage } from './usePage.ts';
import type { PageProps } from '../live/page.ts';

export function TrustPage(props: PageProps) {
  const page = usePage(props);
  const { board } = page;
  const trust = partOf(board, 'trust');
  const fault = faultOfPart(board, 'trust');
  return (
    <Frame page={page} title="Trust · Sightline" json="/api/v1/trust">
      <h1 className="vh">Trust</h1>
      <Controls page={page} />
      <TrustCards page={page} />
      <Held page={page} />
      {!trust && fault && (
        <section className="card">
          <Trouble fault={fault} page={page} />
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
