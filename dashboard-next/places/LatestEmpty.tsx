/** A list without rows: when the last detection was, and the way to it. */
import { partOf } from '../model/board.ts';
import { MINUTE_MS } from '../model/bounds.ts';
import { moment } from '../text/times.ts';
import type { PageState } from '../hooks/usePage.ts';

/** What is shown around the last detection. */
const AROUND_MS = 15 * MINUTE_MS;

export function LatestEmpty({ page: { board, shown, now, change } }: { page: PageState }) {
  const [last] = partOf(board, 'lastSeen')?.detections ?? [];
  const show = (t: number): void => {
    const end = Math.floor(t / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
    change({ fixed: { from: end - AROUND_MS, to: end } });
  };
  return (
    <tr className="filler">
      <td colSpan={4}>
        No detections here in this window.
        {last && (
          <>
            {' '}
            Last one: {moment(last.timestamp_detected, shown.tz, now)},{' '}
            <button type="button" className="inline" onClick={() => show(last.timestamp_detected)}>
              show
            </button>
          </>
        )}
      </td>
    </tr>
  );
}
