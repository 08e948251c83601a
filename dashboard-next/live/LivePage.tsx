'use client';
/** The Live page: how many detections, of which items, where, now. */
import { useMemo } from 'react';
import { boardPath } from '../feed/http-questions.ts';
import { answerOf } from '../model/board.ts';
import { windowWords } from '../model/bounds.ts';
import { compact } from '../text/numbers.ts';
import { Controls, PlaceButton } from '../frame/Controls.tsx';
import { Frame } from '../frame/Frame.tsx';
import { ItemsTable } from '../table/ItemsTable.tsx';
import { Kpis } from './Kpis.tsx';
import { PlacesTable } from '../table/PlacesTable.tsx';
import { Timeline } from './Timeline.tsx';
import { usePage } from '../hooks/usePage.ts';
import type { PageProps } from '../model/page.ts';

export function LivePage(props: PageProps) {
  const page = usePage(props);
  const { choices, board, state, condition, now, change, say, isOld } = page;
  const places = answerOf(board, 'places');
  const here = useMemo(
    () => places?.locations.find((place) => place.geographical_location_oid === choices.location) ?? null,
    [places, choices.location],
  );
  const title = board
    ? `${compact(board.top.total)} detections, ${windowWords(board.subject)} · Sightline`
    : 'Sightline';
  return (
    <Frame page={page} title={title} json={boardPath(choices, board)}>
      <h1 className="vh">Live</h1>
      <Controls page={page}>
        <PlaceButton choices={choices} here={here} open={page.setDialog} />
      </Controls>
      <Kpis board={board} state={state} choices={choices} condition={condition} now={now} change={change} />
      <Timeline board={board} choices={choices} isOld={isOld} now={now} change={change} say={say} />
      <div className="two">
        <ItemsTable board={board} choices={choices} change={change} openName={page.setOpenName} />
        <PlacesTable board={board} choices={choices} change={change} say={say} />
      </div>
    </Frame>
  );
}
