/** The hours of a camera side by side: a low bar is well, a high one has trouble, a dot is unknown. */
import type { StripHour } from '../model/cameras.ts';
import { hourText, STATES, stripText } from '../model/cameras.ts';
import { dayClock } from '../text/times.ts';

const STEP = 10;
const HEIGHT = 24;

export function HoursStrip({ strip, tz, now }: { strip: readonly StripHour[]; tz: string; now: number }) {
  return (
    <svg
      className="hours"
      viewBox={`0 0 ${strip.length * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={stripText(strip)}
    >
      {strip.map(({ from, state, hour }, index) => {
        const height = state === null ? 2 : state === 'well' ? 10 : HEIGHT;
        return (
          <rect
            key={from}
            className={state ?? 'none'}
            x={index * STEP}
            y={HEIGHT - height}
            width={STEP - 2}
            height={height}
          >
            <title>
              {`${dayClock(from, tz, now)}: ` +
                (state === null || hour === null ? 'unknown' : `${STATES[state].word}, ${hourText(hour)}`)}
            </title>
          </rect>
        );
      })}
    </svg>
  );
}
