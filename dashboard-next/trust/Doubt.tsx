/** Counts that no quorum of replicas has confirmed: which time, and who repairs them. Without any, nothing. */
import { answerOf } from '../model/board.ts';
import { doubtText } from '../model/partial-answer.ts';
import { moment } from '../text/times.ts';
import type { PageState } from '../hooks/usePage.ts';

export function Doubt({ page: { board, choices, now } }: { page: PageState }) {
  const text = doubtText(answerOf(board, 'trust')?.view, (t) => moment(t, choices.tz, now), now);
  if (text === null) return null;
  return (
    <section className="card" aria-labelledby="doubt-title">
      <header>
        <h2 id="doubt-title">Provisional counts</h2>
      </header>
      <p className="lead">{text}</p>
    </section>
  );
}
