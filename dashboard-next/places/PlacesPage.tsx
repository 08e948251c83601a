'use client';
/** The Places page: every place, searched and sorted, and as CSV. */
import { partOf } from '../model/board.ts';
import { locationsPath } from '../feed/http-questions.ts';
import { Controls } from '../frame/Controls.tsx';
import { Frame } from '../frame/Frame.tsx';
import { PlacesTable } from '../table/PlacesTable.tsx';
import { usePage } from '../hooks/usePage.ts';
import type { PageProps } from '../model/page.ts';

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
