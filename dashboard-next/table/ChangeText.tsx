/**
 * A change against the period before: an arrow and a number. It has no colour, because more is neither good nor bad.
 */
import { Arrow } from '../elements/Icon.tsx';
import type { Change } from '../text/numbers.ts';

export function ChangeText({ change }: { change: Change }) {
  const { direction, text } = change;
  if (direction === 'new') return <span className="chg new">new</span>;
  if (direction === 'unknown') return <span className="chg">–</span>;
  return (
    <span className="chg" key={`${direction} ${text.length}`}>
      {direction === 'same' && <span aria-hidden="true">= </span>}
      {(direction === 'up' || direction === 'down') && (
        <>
          <Arrow up={direction === 'up'} />
          <span className="vh">{direction} </span>
        </>
      )}
      {text}
    </span>
  );
}
