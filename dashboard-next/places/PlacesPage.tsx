'use client';
/** The Places page: all places, with search, sorting and CSV. */
import { answerOf } from '../model/board.ts';
import { locationsPath } from '../feed/http-questions.ts';
import { Controls } from '../frame/Controls.tsx';
import { Frame } from '../frame/Frame.tsx';
import { PlacesTable } from '../table/PlacesTable.tsx';
import { usePage } from '../hooks/usePage.ts';
import type { PageProps } from '../model/page.ts';

export function PlacesPage(props: PageProps) {
  const page = usePage(props);
  const { board, choices, change, say } = page;
  const places = answerOf(board, 'places');
  return (
    <Frame
      page={page}
      title="Places · Sightline"
      json={locationsPath(places ? { ...places, allowPartial: page.choices.allowPartial } : {})}
    >
      <h1 className="vh">Places</h1>
      <Controls page={page} />
      <PlacesTable board={board} choices={choices} change={change} say={say} isWhole />
    </Frame>
  );
}
