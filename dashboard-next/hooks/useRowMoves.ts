/**
 * The motion of rows: when two rows change places, each one slides to its new place in 160 ms, if the viewer's system
 * allows motion.
 *
 * The rows of a table stay where they are and swap their contents
 * (docs/decisions/0013-dashboard.md#a-row-belongs-to-its-rank), so nothing in the page moves. The row that now has a
 * key starts, by a transform, where that key was painted last. The caller gives the keys in the order of the rows, and
 * a text that names the table; another subject, sort or search is another table, and then nothing slides.
 */
import type { RefObject } from 'react';
import { useLayoutEffect, useRef } from 'react';
import { movesOf } from '../model/row-moves.ts';

const MOVE_MS = 160;

export function useRowMoves(
  body: RefObject<HTMLTableSectionElement | null>,
  keys: readonly string[],
  of: string,
): void {
  const last = useRef<{ keys: readonly string[]; of: string }>({ keys, of });
  useLayoutEffect(() => {
    const before = last.current;
    last.current = { keys, of };
    const rows = body.current?.rows;
    if (!rows || before.of !== of || !window.matchMedia('(prefers-reduced-motion: no-preference)').matches) return;
    for (const { from, to } of movesOf(before.keys, keys)) {
      const [was, is] = [rows[from], rows[to]];
      if (!was || !is) continue;
      is.animate([{ transform: `translateY(${was.offsetTop - is.offsetTop}px)` }, { transform: 'none' }], {
        duration: MOVE_MS,
        easing: 'ease-out',
      });
    }
  }, [keys.join('\n'), of]);
}
