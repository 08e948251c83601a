'use client';
/** The page of a place: figures, timeline and items as on Live, and its latest detections. */
import { boardPath } from '../feed/http-questions.ts';
import { answerOf } from '../model/board.ts';
import { windowWords } from '../model/bounds.ts';
import { placeName } from '../text/names.ts';
import { compact } from '../text/numbers.ts';
import { linkTo } from '../model/routes.ts';
import { Controls } from '../frame/Controls.tsx';
import { Breadcrumbs } from '../frame/Breadcrumbs.tsx';
import { Frame } from '../frame/Frame.tsx';
import { ItemsTable } from '../table/ItemsTable.tsx';
import { Kpis } from '../live/Kpis.tsx';
import { FrameStrip } from './FrameStrip.tsx';
import { LatestTable } from './LatestTable.tsx';
import { Timeline } from '../live/Timeline.tsx';
import { usePage } from '../hooks/usePage.ts';
import type { PageProps } from '../model/page.ts';

/** As high as the ten rows of items beside it. */
const PLOT_HEIGHT = 264;

export function PlacePage(props: PageProps) {
  const page = usePage(props);
  const { choices, board, state, condition, now, change, say, isOld } = page;
  const { location } = choices;
  const places = answerOf(board, 'places');
  const row = places?.locations.find((place) => place.geographical_location_oid === location) ?? null;
  const name = row ? placeName(row.geographical_location) : null;
  const total = board ? `: ${compact(board.top.total)} detections, ${windowWords(board.subject)}` : '';
  const title = `${name ?? `Place #${location}`}${total} · Sightline`;
  return (
    <Frame page={page} title={title} json={boardPath(choices, board)}>
      <Controls page={page}>
        <Breadcrumbs to={linkTo({ page: 'places' }, choices)} name="Places">
          {name ? <bdi>{name}</bdi> : <i>{places ? 'Unknown place' : 'Place'}</i>}{' '}
          <span className="oid num">#{location}</span>
        </Breadcrumbs>
      </Controls>
      <Kpis board={board} state={state} choices={choices} condition={condition} now={now} change={change} />
      {places && name === null && (
        <p className="aside">Dataset B has no place {location} yet. Its name appears here once dataset B has it.</p>
      )}
      <div className="two placed">
        <Timeline
          board={board}
          choices={choices}
          isOld={isOld}
          now={now}
          change={change}
          say={say}
          plotHeight={PLOT_HEIGHT}
        />
        <ItemsTable board={board} choices={choices} change={change} openName={page.setOpenName} />
      </div>
      {page.footage && <FrameStrip key={`strip ${location}`} page={page} place={row?.geographical_location ?? null} />}
      <LatestTable key={location} page={page} />
    </Frame>
  );
}
