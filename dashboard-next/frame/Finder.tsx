/**
 * The dialog that finds a place by name or oid, and a detection by its oid. On Live it also chooses the place.
 *
 * If the page has no list of places, it asks for one when the dialog opens.
 */
import { useEffect, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { LocationsAnswer } from '../../serving/answers.ts';
import { isOid } from '../model/address.ts';
import { httpQuestions } from '../feed/http-questions.ts';
import { answerOf } from '../model/board.ts';
import { serverClock } from '../feed/clock.ts';
import { placeName } from '../text/names.ts';
import { count } from '../text/numbers.ts';
import { matchPlaces } from '../model/rows.ts';
import { Dialog } from '../elements/Dialog.tsx';
import { Icon } from '../elements/Icon.tsx';
import type { PageState } from '../hooks/usePage.ts';

const MOST = 50;
const HOUR_MS = 3_600_000;

interface Props {
  readonly page: PageState;
  readonly purpose: 'find' | 'place';
  readonly isOpen: boolean;
  readonly close: () => void;
}

export function Finder({ isOpen, close, ...rest }: Props) {
  return (
    <Dialog
      title={rest.purpose === 'place' ? 'Choose a place' : 'Find a place or a detection'}
      isOpen={isOpen}
      close={close}
      className="finder"
    >
      <Results close={close} {...rest} />
    </Dialog>
  );
}

interface PlaceEntry {
  readonly kind: 'place';
  readonly oid: string;
  readonly name: string | null;
  readonly count: number | null;
}
type Entry = PlaceEntry | { readonly kind: 'all' } | { readonly kind: 'detection'; readonly oid: string };

function Results({ page, purpose, close }: Omit<Props, 'isOpen'>) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const places = usePlaces(page);
  const all: PlaceEntry[] = (places?.locations ?? []).map((place) => ({
    kind: 'place',
    oid: place.geographical_location_oid,
    name: placeName(place.geographical_location),
    count: place.count,
  }));
  const matches = matchPlaces(all, text);
  const entries = entriesOf(text, purpose, all, matches);
  const choose = (entry: Entry | undefined): void => {
    if (!entry) return;
    close();
    if (entry.kind === 'detection') page.go({ page: 'detection', id: entry.oid });
    else if (purpose === 'place') page.change({ location: entry.kind === 'all' ? 'all' : entry.oid });
    else if (entry.kind === 'place') page.go({ page: 'place', location: entry.oid });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') choose(entries[at]);
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(entries.length - 1, at + step));
    setAt(next);
    document.getElementById(`found-${next}`)?.scrollIntoView({ block: 'nearest' });
  };
  const type = (next: string): void => {
    setText(next);
    setAt(0);
  };
  return (
    <>
      <label className="srch wide">
        <Icon name="search" />
        <span className="vh">Name or oid</span>
        <input
          type="search"
          data-first
          role="combobox"
          aria-expanded="true"
          aria-controls="found"
          aria-activedescendant={entries[at] ? `found-${at}` : undefined}
          placeholder="Name or oid"
          value={text}
          onKeyDown={onKeyDown}
          onChange={(event) => type(event.target.value)}
        />
      </label>
      <ul id="found" role="listbox" aria-label="Found">
        {entries.map((entry, index) => (
          <li
            key={keyOf(entry)}
            id={`found-${index}`}
            role="option"
            aria-selected={index === at}
            className={isShown(entry, page) ? 'here' : undefined}
            onPointerMove={() => setAt(index)}
            onClick={() => choose(entry)}
          >
            <EntryText entry={entry} />
          </li>
        ))}
      </ul>
      {entries.length === 0 && (
        <p className="none">{places ? <>No place matches ‘{text}’.</> : 'Loading the places'}</p>
      )}
      {matches.length > MOST && (
        <p className="hint num">{count(matches.length - MOST)} more; type to narrow them down</p>
      )}
    </>
  );
}

/** The places on the page, or those of the last hour if it has none. */
function usePlaces({ board, now }: PageState): LocationsAnswer | null {
  const [answer, setAsked] = useState<LocationsAnswer | null>(null);
  const known = answerOf(board, 'places');
  const isMissing = known === null;
  useEffect(() => {
    if (!isMissing) return;
    let isWanted = true;
    httpQuestions(serverClock(now))
      .locations({ from: now - HOUR_MS, to: now })
      .then((answer) => isWanted && setAsked(answer))
      .catch(() => undefined);
    return () => void (isWanted = false);
  }, [isMissing]);
  return known ?? answer;
}

function entriesOf(
  text: string,
  purpose: Props['purpose'],
  all: readonly PlaceEntry[],
  matches: readonly PlaceEntry[],
): Entry[] {
  const oid = text.trim().replace(/^#/, '');
  const known = matches.slice(0, MOST);
  if (!isOid(oid)) return [...(purpose === 'place' && text.trim() === '' ? [{ kind: 'all' } as const] : []), ...known];
  const unknown: Entry[] = all.some((place) => place.oid === oid)
    ? []
    : [{ kind: 'place', oid, name: null, count: null }];
  return [...known, ...unknown, ...(purpose === 'find' ? [{ kind: 'detection', oid } as const] : [])];
}

function keyOf(entry: Entry): string {
  return entry.kind === 'all' ? 'all' : `${entry.kind} ${entry.oid}`;
}

function isShown(entry: Entry, { choices }: PageState): boolean {
  return entry.kind !== 'detection' && (entry.kind === 'all' ? 'all' : entry.oid) === choices.location;
}

function EntryText({ entry }: { entry: Entry }) {
  if (entry.kind === 'all') return <span className="label">All places</span>;
  if (entry.kind === 'detection') {
    return (
      <span className="label">
        Detection <span className="num">{entry.oid}</span>
      </span>
    );
  }
  return (
    <>
      <span className="label">
        {entry.name ? <bdi>{entry.name}</bdi> : <i>Unknown place</i>} <span className="oid num">#{entry.oid}</span>
      </span>
      <span className="num">{entry.count === null ? '' : count(entry.count)}</span>
    </>
  );
}
