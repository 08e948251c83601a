'use client';
/** The Places page: every place, searched and sorted, and as CSV. */
import { partOf } from '../live/board.ts';
import { locationsPath } from '../live/ask.ts';
import { Controls } from './Controls.tsx';
import { Frame } from './Frame.tsx';
import { PlacesTable } from './PlacesTable.tsx';
import { usePage } from './usePage.ts';
import type { PageProps } from '../live/page.ts';

export function PlacesPage(props: PageProps) {
  const page = usePage(props);
  const { board, shown, change, say } = page;
  const places = partOf(board, 'places');
  return (
    <Frame
      page={page}
      title="Places · Sightline"
      json={locationsPath(places ? { ...places, allowPartial: page.shown.allowPartial } : {})}
    >
      <h1 className="vh">Places</h1>
      <Controls page={page} />
      <PlacesTable board={board} shown={shown} change={change} say={say} isWhole />
    </Frame>
  );
}
