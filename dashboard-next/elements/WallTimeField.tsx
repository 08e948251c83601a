/** A field for a day and a time in the chosen zone; in the hour that a clock shows twice, also for which of the two. */
import type { ReactNode } from 'react';
import { clock } from '../text/times.ts';
import type { WallTime } from '../text/wall-time.ts';
import { instantIn, readingsOf } from '../text/wall-time.ts';
import { offsetText } from '../text/zones.ts';

interface Props {
  readonly label: ReactNode;
  /** Names the field within its form, for the choice between two hours. */
  readonly name: string;
  readonly time: WallTime;
  readonly zone: string;
  readonly change: (time: WallTime) => void;
  readonly isInvalid: boolean;
  /** The id of the text that says what is wrong. */
  readonly faultId: string;
  /** The first field of a dialog. */
  readonly isFirst?: boolean;
}

export function WallTimeField({ label, name, time, zone, change, isInvalid, faultId, isFirst }: Props) {
  const readings = readingsOf(time, zone);
  const t = instantIn(time, zone);
  return (
    <div className="field">
      <label>
        {label}
        <input
          type="datetime-local"
          value={time.text}
          max="9999-12-31T23:59"
          aria-invalid={isInvalid}
          aria-describedby={faultId}
          onChange={(event) => change({ text: event.target.value, isLater: false })}
          {...(isFirst ? { 'data-first': true } : {})}
        />
      </label>
      {readings.length === 2 && (
        <fieldset className="twice">
          <legend>The clock shows this twice</legend>
          {readings.map((reading, index) => (
            <label key={reading}>
              <input
                type="radio"
                name={`${name}-reading`}
                checked={time.isLater === (index === 1)}
                onChange={() => change({ ...time, isLater: index === 1 })}
              />{' '}
              {offsetText(reading, zone)}
            </label>
          ))}
        </fieldset>
      )}
      {readings.length === 0 && !Number.isNaN(t) && (
        <p className="hint">Clocks leave this hour out; {clock(t, zone)} counts.</p>
      )}
    </div>
  );
}
