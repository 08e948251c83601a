/** The row of an empty list: when the last detection was, and a button that shows it. */
import { answerOf } from '../model/board.ts';
import { MINUTE_MS } from '../model/bounds.ts';
import { moment } from '../text/times.ts';
import type { PageState } from '../hooks/usePage.ts';

/** The window that the button chooses. */
const AROUND_MS = 15 * MINUTE_MS;

export function LatestEmpty({ page: { board, choices, now, change } }: { page: PageState }) {
  const [last] = answerOf(board, 'lastSeen')?.detections ?? [];
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
            Last one: {moment(last.timestamp_detected, choices.tz, now)},{' '}
            <button type="button" className="inline" onClick={() => show(last.timestamp_detected)}>
              show
            </button>
          </>
        )}
      </td>
    </tr>
  );
}
