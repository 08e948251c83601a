/**
 * Which rows of a long table are in the page: those near the screen.
 *
 * The page scrolls, and the table keeps its full height: one empty row above and one below stand for the rows that are
 * left out. All rows have one height, which is measured. The server paints the first rows; a short table is always
 * complete.
 */
import type { RefObject } from 'react';
import { useEffect, useRef, useState } from 'react';
import { rowsInView } from '../model/row-window.ts';
import type { RowWindow } from '../model/row-window.ts';

interface WindowedRows extends RowWindow {
  readonly body: RefObject<HTMLTableSectionElement | null>;
  /** Of one row, in pixels; 0 before it is measured. */
  readonly rowHeight: number;
}

/** `atOnce`: how many rows are there before the screen is measured; a table with no more rows is always complete. */
export function useRowWindow(total: number, atOnce: number): WindowedRows {
  const body = useRef<HTMLTableSectionElement>(null);
  const [state, setState] = useState({ first: 0, end: atOnce, rowHeight: 0 });
  const isLong = total > atOnce;
  useEffect(() => {
    if (!isLong) return undefined;
    let frame = 0;
    const look = (): void => {
      frame = 0;
      const row = body.current?.querySelector('tr:not(.spacer)');
      if (!body.current || !row) return;
      const rowHeight = row.getBoundingClientRect().height;
      const seen = rowsInView({
        top: -body.current.getBoundingClientRect().top,
        height: window.innerHeight,
        rowHeight,
        total,
      });
      setState((was) =>
        was.first === seen.first && was.end === seen.end && was.rowHeight === rowHeight ? was : { ...seen, rowHeight },
      );
    };
    const later = (): void => {
      frame ||= requestAnimationFrame(look);
    };
    look();
    window.addEventListener('scroll', later, { passive: true });
    window.addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener('scroll', later);
      window.removeEventListener('resize', later);
    };
  }, [isLong, total]);
  if (!isLong || state.rowHeight === 0)
    return { body, first: 0, end: Math.min(total, atOnce), rowHeight: state.rowHeight };
  // If the table has become shorter than the scroll position, its last rows are shown until the next measurement.
  const first = Math.max(0, Math.min(state.first, total - atOnce));
  return { body, first, end: Math.min(Math.max(state.end, first + atOnce), total), rowHeight: state.rowHeight };
}
