/**
 * Puts rows together out of a scan's results. A server that reaches the size of one answer inside a wide row sends the
 * row in pieces, each flagged as partial; region-scanner.ts feeds the pieces here and hands on whole rows only.
 *
 * A row is whole when a piece of it is not flagged, when a piece of another row follows, or when its region ends: the
 * flag says only that more may come. Half a row that is held when a call fails is thrown away and read again.
 */
import type { Cell } from './types.ts';

export class RowAssembler {
  private held: Cell[] | undefined;

  /** Takes one result; adds the rows that it completes to `rows`. */
  push(cells: Cell[], partial: boolean, rows: Cell[][]): void {
    if (cells.length === 0) return;
    if (this.held !== undefined) {
      if (this.held[0]!.row.equals(cells[0]!.row)) {
        for (const cell of cells) this.held.push(cell);
        if (!partial) this.finish(rows);
        return;
      }
      this.finish(rows);
    }
    if (partial) this.held = cells;
    else rows.push(cells);
  }

  /** The region has ended: what is held is whole. */
  finish(rows: Cell[][]): void {
    if (this.held !== undefined) rows.push(this.held);
    this.held = undefined;
  }
}
