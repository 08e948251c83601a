/**
 * Rows that travel: when two rows change places, each is seen to move there, 160 ms long, where motion is welcome.
 *
 * Rows of a table belong to their rank (docs/decisions/0013-dashboard.md#a-row-belongs-to-its-rank), so nothing in the
 * page moves: the row that now holds a key begins, as a transform, where that key was painted last and comes to rest at
 * its own place. The caller hands over the keys in the order of the rows, and what they are rows of; another subject,
 * sort or search is another table, and nothing travels into it.
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
