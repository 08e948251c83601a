/**
 * Assembles rows from a scan's results. A server that reaches the size of one answer inside a wide row sends the row in
 * pieces, each flagged as partial; region-scanner.ts passes the pieces to this file and hands on whole rows only.
 *
 * A row is whole when a piece of it is not flagged, when a piece of another row follows, or when its region ends: the
 * flag says only that more may come. When a call fails, the scan drops half a row and reads it again.
 */
import type { Cell } from './types.ts';

export class RowAssembler {
  private unfinished: Cell[] | undefined;

  /** Adds one result, and the rows that it completes to `rows`. */
  push(cells: Cell[], isPartial: boolean, rows: Cell[][]): void {
    if (cells.length === 0) return;
    if (this.unfinished !== undefined) {
      if (this.unfinished[0]!.row.equals(cells[0]!.row)) {
        for (const cell of cells) this.unfinished.push(cell);
        if (!isPartial) this.finish(rows);
        return;
      }
      this.finish(rows);
    }
    if (isPartial) this.unfinished = cells;
    else rows.push(cells);
  }

  /** To be called when the region has ended: an unfinished row is whole then. */
  finish(rows: Cell[][]): void {
    if (this.unfinished !== undefined) rows.push(this.unfinished);
    this.unfinished = undefined;
  }
}
