/** The title of a card and the moment of its numbers. They may be older than the total, and are never newer. */
import { clockSeconds } from '../text/times.ts';
import type { View } from '../../serving/answers.ts';

interface Props {
  readonly id: string;
  readonly title: string;
  /** Of the answer; null if there is none yet, and while the rows stand still. */
  readonly view: View | null;
  readonly tz: string;
}

export function CardTitle({ id, title, view, tz }: Props) {
  return (
    <div className="titled">
      <h2 id={id}>{title}</h2>
      <span className="moment num" title="These numbers contain everything that was counted before this moment">
        {view ? `as of ${clockSeconds(view.speed_as_of, tz)}` : '\u00a0'}
      </span>
    </div>
  );
}
