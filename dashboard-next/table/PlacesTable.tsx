/** The table of places: counts, search and sorting; each row leads to the page of its place. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Choices, Sort } from '../model/address.ts';
import type { LocationsAnswer } from '../../serving/answers.ts';
import { isoMinute } from '../model/address.ts';
import type { Board } from '../model/board.ts';
import { answerOf, subjectKey } from '../model/board.ts';
import { count } from '../text/numbers.ts';
import { onlySuffix } from '../model/partial-answer.ts';
import type { PlaceRow } from '../model/rows.ts';
import { matchPlaces, placeRows, sortPlaces } from '../model/rows.ts';
import type { CsvCell } from '../model/csv.ts';
import { CsvButton } from './CsvButton.tsx';
import { Icon } from '../elements/Icon.tsx';
import { Filler } from './Filler.tsx';
import { PlaceRows } from './PlaceRows.tsx';
import { CardTitle } from './CardTitle.tsx';
import type { Change } from '../hooks/useAddress.ts';
import { useSteadyRows } from '../hooks/useSteadyRows.ts';
import type { Column } from './TableHead.tsx';
import { TableHead } from './TableHead.tsx';

const MORE_ROWS = 40;

interface Props {
  readonly board: Board | null;
  readonly choices: Choices;
  readonly change: Change;
  readonly say: (text: string) => void;
  /** All places, with a button for CSV; else the first ten, and more on request. */
  readonly isWhole?: boolean;
}

export function PlacesTable({ board, choices, change, say, isWhole = false }: Props) {
  const answer = answerOf(board, 'places');
  const compared = answerOf(board, 'comparedPlaces');
  const all = useMemo(() => (answer ? placeRows(answer, compared) : []), [answer, compared]);
  const [q, type] = useSearchText(choices.q, (text) => change({ q: text }, 'replace'));
  const matches = useMemo(() => sortPlaces(matchPlaces(all, q), choices.sort), [all, q, choices.sort]);
  const [most, setMost] = useState(10);
  const { rows, handlers, release } = useSteadyRows(isWhole ? matches : matches.slice(0, most));
  const sortBy = (sort: Sort): void => {
    release();
    change({ sort });
  };
  const left = isWhole ? 0 : matches.length - most;
  useEffect(() => {
    if (q !== '') say(`${matches.length} ${matches.length === 1 ? 'place matches' : 'places match'}`);
  }, [q]);
  return (
    <section className="card" aria-labelledby="places-title">
      <header>
        <CardTitle id="places-title" title="Places" view={answer?.view ?? null} tz={choices.tz} />
        <span className="hint num found">
          {answer &&
            (q === '' ? count(all.length) : `${count(matches.length)} of ${count(all.length)}`) +
              onlySuffix(answer.view)}
        </span>
        {left > 0 && (
          <button type="button" className="textlink num" onClick={() => setMost(most + MORE_ROWS)}>
            Show {Math.min(left, MORE_ROWS)} more
          </button>
        )}
        <span className="sp" />
        {isWhole && answer && (
          <CsvButton
            name={csvName(answer)}
            head={CSV_HEAD}
            rows={() => matches.map((row) => csvRow(row, answer.total))}
          />
        )}
        <label className="srch">
          <Icon name="search" />
          <span className="vh">Search places</span>
          <input
            type="search"
            id="q"
            placeholder="Search places"
            value={q}
            maxLength={200}
            onFocus={release}
            onChange={(event) => type(event.target.value)}
          />
        </label>
      </header>
      <table className="places" aria-rowcount={isWhole ? matches.length + 1 : undefined} {...handlers}>
        <Head sort={choices.sort} sortBy={sortBy} />
        <PlaceRows
          rows={rows}
          total={answer?.total ?? 0}
          choices={choices}
          of={`${board ? subjectKey(board.subject) : ''} ${choices.sort} ${q}`}
          isWhole={isWhole}
        >
          {rows.length === 0 && (
            <NothingRow
              board={board}
              isLoaded={answer !== null}
              anyPlace={all.length > 0}
              q={q}
              clear={() => type('')}
            />
          )}
          {rows.length < 10 && <Filler rows={10 - Math.max(1, rows.length)} text="" columns={3} />}
        </PlaceRows>
      </table>
    </section>
  );
}

/** The text of the search, which is in the address too: typing shows at once, and Back restores the text. */
function useSearchText(inAddress: string, report: (text: string) => void): [string, (text: string) => void] {
  const [text, setText] = useState(inAddress);
  const lastText = useRef(inAddress);
  useEffect(() => {
    // While somebody types, the address is a little behind.
    if (inAddress === lastText.current || document.activeElement?.id === 'q') return;
    lastText.current = inAddress;
    setText(inAddress);
  }, [inAddress]);
  const type = (next: string): void => {
    lastText.current = next;
    setText(next);
    report(next);
  };
  return [text, type];
}

const ARROWS = { ascending: '↑', descending: '↓' } as const;

function Head({ sort, sortBy }: { sort: Sort; sortBy: (sort: Sort) => void }) {
  const byName = sort === 'name' ? 'ascending' : undefined;
  const byCount = sort === '-count' ? 'descending' : sort === 'count' ? 'ascending' : undefined;
  const byChange = sort === '-change' ? 'descending' : undefined;
  const sortByCount = (): void => sortBy(sort === '-count' ? 'count' : '-count');
  return (
    <TableHead
      columns={[
        {
          title: <SortButton label="Place" sort={byName} onClick={() => sortBy('name')} />,
          sort: byName,
        },
        {
          title: <SortButton label="Count" sort={byCount} onClick={sortByCount} />,
          className: 'r cnt',
          sort: byCount,
        },
        { title: 'Share', className: 'r shr' },
        {
          title: <SortButton label="Change" sort={byChange} onClick={() => sortBy('-change')} />,
          className: 'r chgc',
          sort: byChange,
        },
      ]}
    />
  );
}

function SortButton({ label, sort, onClick }: { label: string; sort: Column['sort']; onClick: () => void }) {
  return (
    <button type="button" className={sort ? 'sort on' : 'sort'} onClick={onClick}>
      {label}
      <span className="dir" aria-hidden="true">
        {sort && ARROWS[sort]}
      </span>
    </button>
  );
}

function NothingRow({
  board,
  isLoaded,
  anyPlace,
  q,
  clear,
}: {
  board: Board | null;
  isLoaded: boolean;
  anyPlace: boolean;
  q: string;
  clear: () => void;
}) {
  return (
    <tr className="filler">
      <td colSpan={3}>
        {!board || !isLoaded ? (
          'No numbers yet'
        ) : anyPlace ? (
          <>
            No place matches ‘<bdi>{q}</bdi>’.{' '}
            <button type="button" className="inline" onClick={clear}>
              Clear
            </button>
          </>
        ) : (
          <>
            <code>sightline reference load FILE.csv</code> gives places their names
          </>
        )}
      </td>
    </tr>
  );
}

const CSV_HEAD = [
  'geographical_location',
  'geographical_location_oid',
  'count',
  'share',
  'count_now_of_complete_minutes',
  'count_before',
];

function csvName({ from, to }: LocationsAnswer): string {
  return `places ${isoMinute(from)} ${isoMinute(to)}.csv`.replaceAll(':', '');
}

function csvRow({ name, oid, count: n, compared }: PlaceRow, total: number): CsvCell[] {
  return [name, oid, n, total > 0 ? n / total : null, compared.now, compared.before];
}
