/** The rows of the table of places (PlacesTable.tsx): all of a short table, those near the screen of a long one. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import type { Choices } from '../model/address.ts';
import { linkTo } from '../model/routes.ts';
import type { PlaceRow } from '../model/rows.ts';
import { share } from '../text/numbers.ts';
import { useRowMoves } from '../hooks/useRowMoves.ts';
import { useRowWindow } from '../hooks/useRowWindow.ts';
import { CountCells } from './CountCells.tsx';
import { RowBar } from './RowBar.tsx';

/** Rows of a long table that are there before the screen is measured. */
const AT_ONCE = 100;

interface RowsProps {
  readonly rows: readonly PlaceRow[];
  readonly total: number;
  readonly choices: Choices;
  /** Names the table, for useRowMoves.ts. */
  readonly of: string;
  readonly isWhole: boolean;
  /** What follows the rows. */
  readonly children: ReactNode;
}

/** A long table has only the rows near the screen; in a short one, rows that change places slide. */
export function PlaceRows({ rows, total, choices, of, isWhole, children }: RowsProps) {
  const { body, first, end, rowHeight } = useRowWindow(rows.length, AT_ONCE);
  useRowMoves(body, isWhole ? [] : rows.map(({ key }) => key), of);
  const greatest = useMemo(() => rows.reduce((most, row) => Math.max(most, row.count), 0), [rows]);
  return (
    <tbody ref={body}>
      <Spacer height={first * rowHeight} />
      {rows.slice(first, end).map((row, index) => (
        <Row
          key={first + index}
          index={isWhole ? first + index + 2 : undefined}
          row={row}
          total={total}
          greatest={greatest}
          isChosen={row.oid === choices.location}
          href={linkTo({ page: 'place', location: row.oid }, choices)}
        />
      ))}
      <Spacer height={(rows.length - end) * rowHeight} />
      {children}
    </tbody>
  );
}

function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr className="spacer" aria-hidden="true">
      <td>
        <svg width="1" height={height} />
      </td>
    </tr>
  );
}

interface RowProps {
  /** Among all rows of the table; undefined if all are in the page. */
  readonly index: number | undefined;
  readonly row: PlaceRow;
  readonly total: number;
  readonly greatest: number;
  readonly isChosen: boolean;
  readonly href: string;
}

/** A row belongs to a rank: when two places change ranks, their names change rows and no row moves. */
function Row({ index, row, total, greatest, isChosen, href }: RowProps) {
  return (
    <tr className={isChosen ? 'chosen' : undefined} aria-rowindex={index}>
      <td className="nm">
        <RowBar part={row.count} whole={greatest} />
        <Link
          key={row.key}
          href={href}
          prefetch={false}
          className={row.name ? 'name' : 'name unk'}
          title={row.name ?? 'The table of places does not know this oid yet'}
        >
          <bdi>{row.name ?? 'Unknown place'}</bdi> <span className="oid num">#{row.oid}</span>
          <span className="below num" aria-hidden="true">
            {share(row.count, total)}
          </span>
        </Link>
      </td>
      <CountCells row={row} total={total} />
    </tr>
  );
}
