/**
 * Which rows of a long table are near the screen: [first, end), in steps, so that a little scrolling changes nothing.
 */
export interface RowWindow {
  readonly first: number;
  readonly end: number;
}

interface Viewport {
  /** Pixels from the top of the first row down to the top of the screen; negative if the table starts below it. */
  readonly top: number;
  /** Of the screen, in pixels. */
  readonly height: number;
  readonly rowHeight: number;
  readonly total: number;
}

/** Rows above and below the screen, so that scrolling does not outrun the next measurement; a step is half of it. */
const AHEAD = 40;
const STEP = AHEAD / 2;

export function rowsInView({ top, height, rowHeight, total }: Viewport): RowWindow {
  if (rowHeight <= 0) return { first: 0, end: total };
  const from = Math.floor((top / rowHeight - AHEAD) / STEP) * STEP;
  const to = Math.ceil(((top + height) / rowHeight + AHEAD) / STEP) * STEP;
  const first = Math.min(Math.max(0, from), total);
  return { first, end: Math.min(Math.max(first, to), total) };
}
