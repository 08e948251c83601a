'use client';
/** The page of a place: its figures, timeline and items as on Live, and its detections as they come. */
import { topItemsPath } from '../live/ask.ts';
import { partOf } from '../live/board.ts';
import { windowWords } from '../live/bounds.ts';
import { placeName } from '../live/names.ts';
import { compact } from '../live/numbers.ts';
import { linkTo } from '../live/where.ts';
import { Controls } from './Controls.tsx';
import { Crumbs } from './Crumbs.tsx';
import { Frame } from './Frame.tsx';
import { ItemsTable } from './ItemsTable.tsx';
import { Kpis } from './Kpis.tsx';
import { LatestTable } from './LatestTable.tsx';
import { Timeline } from './Timeline.tsx';
import { usePage } from './usePage.ts';
import type { PageProps } from '../live/page.ts';

/** As high as ten rows of items beside it. */
const PLOT_HEIGHT = 264;

export function PlacePage(props: PageProps) {
  const page = usePage(props);
  const { shown, board, state, condition, now, change, say, isOld } = page;
  const { location } = shown;
  const places = partOf(board, 'places');
  const row = places?.locations.find((place) => place.geographical_location_oid === location) ?? null;
  const name = row ? placeName(row.geographical_location) : null;
  const title = `${name ?? `Place #${location}`}${board ? `: ${compact(board.top.total)} detections, ${windowWords(board.subject)}` : ''} · Sightline`;
  const json = topItemsPath({
    location,
    limit: shown.limit,
    from: board?.top.from,
    to: board?.top.to,
    parts: true,
    allowPartial: shown.allowPartial,
  });
  return (
    <Frame page={page} title={title} json={json}>
      <Controls page={page}>
        <Crumbs to={linkTo({ page: 'places' }, shown)} name="Places">
          {name ? <bdi>{name}</bdi> : <i>{places ? 'Unknown place' : 'Place'}</i>}{' '}
          <span className="oid num">#{location}</span>
        </Crumbs>
      </Controls>
      <Kpis board={board} state={state} shown={shown} condition={condition} now={now} change={change} />
      {places && name === null && (
        <p className="aside">Dataset B has no place {location} yet; its name will appear by itself.</p>
      )}
      <div className="two placed">
        <Timeline
          board={board}
          shown={shown}
          isOld={isOld}
          now={now}
          change={change}
          say={say}
          plotHeight={PLOT_HEIGHT}
        />
        <ItemsTable board={board} shown={shown} change={change} openName={page.setOpenName} />
      </div>
      <LatestTable key={location} page={page} />
    </Frame>
  );
}
