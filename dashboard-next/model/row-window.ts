/**
 * Which rows of a long table are near what is seen: [first, end), in steps, so that a little scrolling changes nothing.
 */
export interface RowWindow {
  readonly first: number;
  readonly end: number;
}

interface Sight {
  /** Pixels from the first row's top down to the top of what is seen; negative where the table begins below it. */
  readonly top: number;
  /** Of what is seen, in pixels. */
  readonly height: number;
  readonly rowHeight: number;
  readonly total: number;
}

/** Rows beyond the edges, for scrolling ahead of the next look; a step is half of it. */
const AHEAD = 40;
const STEP = AHEAD / 2;

export function rowsInView({ top, height, rowHeight, total }: Sight): RowWindow {
  if (rowHeight <= 0) return { first: 0, end: total };
  const from = Math.floor((top / rowHeight - AHEAD) / STEP) * STEP;
  const to = Math.ceil(((top + height) / rowHeight + AHEAD) / STEP) * STEP;
  const first = Math.min(Math.max(0, from), total);
  return { first, end: Math.min(Math.max(first, to), total) };
}
