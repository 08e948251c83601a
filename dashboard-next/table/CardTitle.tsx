/** A card's title, and as of when its numbers are: they may be older than the total, and never newer. */
import { clockSeconds } from '../text/times.ts';
import type { View } from '../../serving/answers.ts';

interface Props {
  readonly id: string;
  readonly title: string;
  /** Of the answer; null before there is one, and while its rows are held. */
  readonly view: View | null;
  readonly tz: string;
}

export function CardTitle({ id, title, view, tz }: Props) {
  return (
    <div className="titled">
      <h2 id={id}>{title}</h2>
      <span className="moment num" title="Nothing that was committed before is missing in these numbers">
        {view ? `as of ${clockSeconds(view.speed_as_of, tz)}` : '\u00a0'}
      </span>
    </div>
  );
}
