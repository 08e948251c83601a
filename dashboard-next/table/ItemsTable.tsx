/** The top items: rank, name, count, share, change. */
import type { ReactNode } from 'react';
import { useRef } from 'react';
import type { Choices } from '../model/address.ts';
import { LIMITS } from '../model/address.ts';
import type { Board } from '../model/board.ts';
import { answerOf, subjectKey } from '../model/board.ts';
import { count, share } from '../text/numbers.ts';
import { onlySuffix } from '../model/partial-answer.ts';
import type { ItemRow } from '../model/rows.ts';
import { itemRows } from '../model/rows.ts';
import { boundsText } from '../text/times.ts';
import { CountCells } from './CountCells.tsx';
import { Arrow, Icon } from '../elements/Icon.tsx';
import { Filler } from './Filler.tsx';
import { ItemName } from './ItemName.tsx';
import { RowBar } from './RowBar.tsx';
import type { Change } from '../hooks/useAddress.ts';
import { useSteadyRows } from '../hooks/useSteadyRows.ts';
import { useRowMoves } from '../hooks/useRowMoves.ts';
import type { Column } from './TableHead.tsx';
import { TableHead } from './TableHead.tsx';

interface Props {
  readonly board: Board | null;
  readonly choices: Choices;
  readonly change: Change;
  readonly openName: (name: string) => void;
}

const COLUMNS: readonly Column[] = [
  {
    title: (
      <>
        <span aria-hidden="true">#</span>
        <span className="vh">Rank</span>
      </>
    ),
    className: 'r rk',
  },
  { title: 'Item' },
  { title: 'Count', className: 'r cnt' },
  { title: 'Share', className: 'r shr' },
  { title: 'Change', className: 'r chgc' },
];

export function ItemsTable({ board, choices, change, openName }: Props) {
  const fresh = board ? itemRows(board.top, answerOf(board, 'comparedItems')) : [];
  const { rows, handlers } = useSteadyRows(fresh);
  const total = board?.top.total ?? 0;
  const body = useRef<HTMLTableSectionElement>(null);
  useRowMoves(
    body,
    rows.map(({ key }) => key),
    board ? subjectKey(board.subject) : '',
  );
  const greatest = Math.max(0, ...rows.map((row) => row.count));
  return (
    <section className="card" aria-labelledby="items-title">
      <header>
        <h2 id="items-title">Top items</h2>
        <span className="hint num">{board && rows.length > 0 && hint(board)}</span>
        <span className="sp" />
        <span className="pick ghost sm">
          <span aria-hidden="true">Top {choices.limit}</span>
          <Icon name="down" small />
          <select
            id="limit"
            aria-label="How many items"
            value={String(choices.limit)}
            onChange={(event) => change({ limit: Number(event.target.value) })}
          >
            {LIMITS.map((limit) => (
              <option key={limit} value={limit}>
                Top {limit}
              </option>
            ))}
          </select>
        </span>
      </header>
      <table className="items" {...handlers}>
        <TableHead columns={COLUMNS} />
        <tbody ref={body}>
          {rows.map((row, place) => (
            <Row key={place} row={row} total={total} greatest={greatest} openName={openName} />
          ))}
          {rows.length < 10 && (
            <Filler rows={10 - rows.length} text={rows.length === 0 ? emptyText(board, choices) : ''} columns={4} />
          )}
        </tbody>
      </table>
    </section>
  );
}

function hint({ top }: Board): string {
  const shownCount = top.items.reduce((sum, item) => sum + item.count, 0);
  return (
    `${count(top.items.length)} of ${count(top.distinct_items)} · ` +
    `${share(shownCount, top.total)} of detections${onlySuffix(top.view)}`
  );
}

function emptyText(board: Board | null, choices: Choices): ReactNode {
  if (!board) return 'No numbers yet';
  if (answerOf(board, 'trust')?.tallies.records === 0) {
    return (
      <>
        Waiting for the first detection. <code>npm start -- --rate 1000</code> simulates cameras.
      </>
    );
  }
  return `No detections here, ${boundsText(board.top, choices.tz, board.readAt)}.`;
}

/** A row belongs to a rank: when two items change ranks, their names change rows and no row moves. */
function Row({
  row,
  total,
  greatest,
  openName,
}: {
  row: ItemRow;
  total: number;
  greatest: number;
  openName: (name: string) => void;
}) {
  return (
    <tr>
      <td className="r rk num">
        {row.rank}
        <RankChange key={row.key} by={row.ranksGained} />
      </td>
      <td className="nm">
        <RowBar part={row.count} whole={greatest} />
        <ItemName key={row.key} name={row.name} openName={openName} />
      </td>
      <CountCells row={row} total={total} />
    </tr>
  );
}

function RankChange({ by }: { by: number | null }) {
  if (by === null || by === 0) return null;
  return (
    <span className="mv">
      <Arrow up={by > 0} />
      <span className="vh">{by > 0 ? 'up' : 'down'} </span>
      {Math.abs(by)}
    </span>
  );
}
