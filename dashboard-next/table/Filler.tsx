/**
 * Empty rows that keep the height of a card. `columns` is the number of columns that a phone shows too: a cell that
 * spans a hidden column would add a column, and all others would move.
 */
import type { ReactNode } from 'react';

export function Filler({ rows, text, columns }: { rows: number; text: ReactNode; columns: number }) {
  return Array.from({ length: rows }, (_, index) => (
    <tr key={`filler-${index}`} className="filler" aria-hidden={index > 0 || text === '' ? true : undefined}>
      <td colSpan={index === 0 && text !== '' ? columns : 1}>{index === 0 ? text : ''}</td>
    </tr>
  ));
}
