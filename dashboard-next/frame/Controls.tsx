/** The choices at the top of a page: window, bounds, refresh and pause; on Live the place too. */
import type { ReactNode } from 'react';
import type { CountedLocation } from '../../serving/answers.ts';
import type { Refresh, Choices } from '../model/address.ts';
import { WINDOW_NAMES, WINDOWS } from '../model/address.ts';
import { isOver, MINUTE_MS, spanOf } from '../model/bounds.ts';
import { placeName } from '../text/names.ts';
import { boundsText, lengthText } from '../text/times.ts';
import { spanZoneText } from '../text/zones.ts';
import { Icon } from '../elements/Icon.tsx';
import type { Change } from '../hooks/useAddress.ts';
import type { PageState } from '../hooks/usePage.ts';

interface Props {
  readonly page: PageState;
  /** First in the row. */
  readonly children?: ReactNode;
}

export function Controls({ page, children }: Props) {
  const { choices, board, now, change, pause, copy, setDialog: open } = page;
  const busy = page.busy && board !== null;
  const span = board ? board.top : spanOf(choices, now);
  return (
    <div className="ctl" role="group" aria-label="What is shown">
      {children}
      <div className="seg windows" role="radiogroup" aria-label="Window">
        {WINDOW_NAMES.map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="window"
              id={`window-${name}`}
              value={name}
              checked={!choices.fixed && choices.window === name}
              onChange={() => change({ window: name, fixed: null })}
            />
            <span>{lengthText(WINDOWS[name] * MINUTE_MS)}</span>
          </label>
        ))}
        <button
          type="button"
          className="custom"
          id="custom"
          aria-haspopup="dialog"
          aria-pressed={choices.fixed !== null}
          onClick={() => open('custom')}
        >
          <Icon name="calendar" />
          <span>Custom</span>
        </button>
      </div>
      <span className="bounds num">
        <time dateTime={new Date(span.from).toISOString()}>{boundsText(span, choices.tz, now)}</time>{' '}
        <span className="zonename">{spanZoneText(span, choices.tz)}</span>
      </span>
      <span className="sp" />
      <button type="button" className="ghost copy" onClick={copy.copy}>
        <Icon name={copy.done ? 'check' : 'link'} />
        <span>{copy.done ? 'Copied' : 'Copy link'}</span>
      </button>
      <PauseControl refresh={choices.refresh} isFixed={isOver(choices, now)} change={change} pause={pause} />
      <span className={busy ? 'busy on' : 'busy'} aria-hidden="true" />
    </div>
  );
}

/** The choice of the place on Live. `here` is the row of the chosen place, or null if it is unknown. */
export function PlaceButton({
  choices,
  here,
  open,
}: {
  choices: Choices;
  here: CountedLocation | null;
  open: PageState['setDialog'];
}) {
  return (
    <button type="button" className="btn place" id="place" aria-haspopup="dialog" onClick={() => open('place')}>
      <Icon name="place" />
      <PlaceLabel location={choices.location} here={here} />
      <Icon name="down" small />
    </button>
  );
}

function PlaceLabel({ location, here }: { location: string; here: CountedLocation | null }) {
  if (location === 'all') return <span className="label">All places</span>;
  const name = here ? placeName(here.geographical_location) : null;
  return (
    <span className="label">
      {name ? <bdi>{name}</bdi> : <i>Unknown place</i>} <span className="oid num">#{location}</span>
    </span>
  );
}

interface PauseProps {
  readonly refresh: Refresh;
  readonly isFixed: boolean;
  readonly change: Change;
  readonly pause: () => void;
}

function PauseControl({ refresh, isFixed, change, pause }: PauseProps) {
  const paused = refresh === 'off';
  return (
    <div className="run">
      <button type="button" className="btn pause" id="pause" onClick={pause} aria-label={paused ? 'Resume' : 'Pause'}>
        <Icon name={paused ? 'play' : 'pause'} />
        <span>{paused ? 'Resume' : 'Pause'}</span>
      </button>
      <span className="btn every pick">
        <span aria-hidden="true">{isFixed ? 'Fixed range' : paused ? 'paused' : `every ${refresh} s`}</span>
        <Icon name="down" small />
        <select
          id="every"
          aria-label="Refresh"
          value={String(refresh)}
          onChange={(event) =>
            change(
              { refresh: event.target.value === 'off' ? 'off' : (Number(event.target.value) as Refresh) },
              'replace',
            )
          }
        >
          <option value="1">every 1 s</option>
          <option value="5">every 5 s</option>
          <option value="10">every 10 s</option>
          <option value="off">off (paused)</option>
        </select>
      </span>
    </div>
  );
}
