'use client';
/** The Live page: how much, of what, where, now. */
import { useMemo } from 'react';
import { topItemsPath } from '../feed/http-questions.ts';
import { partOf } from '../model/board.ts';
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
  const { shown, board, state, condition, now, change, say, isOld } = page;
  const places = partOf(board, 'places');
  const here = useMemo(
    () => places?.locations.find((place) => place.geographical_location_oid === shown.location) ?? null,
    [places, shown.location],
  );
  const title = board
    ? `${compact(board.top.total)} detections, ${windowWords(board.subject)} · Sightline`
    : 'Sightline';
  const json = topItemsPath({
    location: shown.location,
    limit: shown.limit,
    from: board?.top.from,
    to: board?.top.to,
    parts: true,
    allowPartial: shown.allowPartial,
  });
  return (
    <Frame page={page} title={title} json={json}>
      <h1 className="vh">Live</h1>
      <Controls page={page}>
        <PlaceButton shown={shown} here={here} open={page.setDialog} />
      </Controls>
      <Kpis board={board} state={state} shown={shown} condition={condition} now={now} change={change} />
      <Timeline board={board} shown={shown} isOld={isOld} now={now} change={change} say={say} />
      <div className="two">
        <ItemsTable board={board} shown={shown} change={change} openName={page.setOpenName} />
        <PlacesTable board={board} shown={shown} change={change} say={say} />
      </div>
    </Frame>
  );
}
