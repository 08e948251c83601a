/** The export of a window as a file: place, range, format, and an estimate of its rows. */
import { useEffect, useState } from 'react';
import { isOid } from '../model/address.ts';
import { exportPath, httpQuestions } from '../feed/http-questions.ts';
import { answerOf } from '../model/board.ts';
import { MINUTE_MS } from '../model/bounds.ts';
import { serverClock } from '../feed/clock.ts';
import { placeName } from '../text/names.ts';
import { count } from '../text/numbers.ts';
import { instantIn, wallTimeOf } from '../text/wall-time.ts';
import { zoneText } from '../text/zones.ts';
import { Icon } from '../elements/Icon.tsx';
import type { PageState } from '../hooks/usePage.ts';
import { WallTimeField } from '../elements/WallTimeField.tsx';

const FORMATS = ['parquet', 'csv'] as const;
const ASK_AFTER_MS = 400;

interface Choice {
  readonly location: string;
  readonly from: number;
  readonly to: number;
}

export function ExportForm({ page }: { page: PageState }) {
  const { board, choices, now } = page;
  const [start] = useState(
    () =>
      choices.fixed ?? {
        from: Math.floor(now / MINUTE_MS) * MINUTE_MS - 60 * MINUTE_MS,
        to: Math.floor(now / MINUTE_MS) * MINUTE_MS,
      },
  );
  const [location, setLocation] = useState('');
  const [from, setFrom] = useState(() => wallTimeOf(start.from, choices.tz));
  const [to, setTo] = useState(() => wallTimeOf(start.to, choices.tz));
  const [format, setFormat] = useState<(typeof FORMATS)[number]>('parquet');
  const choice = {
    location: location.trim() === '' ? 'all' : location.trim().replace(/^#/, ''),
    from: instantIn(from, choices.tz),
    to: instantIn(to, choices.tz),
  };
  const fault = faultOf(choice);
  const rows = useEstimate(choice, fault !== null, now);
  return (
    <section className="card export" aria-labelledby="export-title">
      <header>
        <h2 id="export-title">Export a window</h2>
      </header>
      <div className="fields">
        <label className="field">
          Place
          <input
            id="export-place"
            list="export-places"
            placeholder="All places, or an oid"
            value={location}
            aria-invalid={fault?.field === 'location'}
            aria-describedby="export-fault"
            onChange={(event) => setLocation(event.target.value)}
          />
        </label>
        <datalist id="export-places">
          {(answerOf(board, 'places')?.locations ?? []).slice(0, 500).map((place) => (
            <option key={place.geographical_location_oid} value={place.geographical_location_oid}>
              {placeName(place.geographical_location) ?? 'Unknown place'}
            </option>
          ))}
        </datalist>
        <WallTimeField
          label={`From, ${zoneText(start.from, choices.tz)}`}
          name="export-from"
          time={from}
          zone={choices.tz}
          change={setFrom}
          isInvalid={fault?.field === 'from'}
          faultId="export-fault"
        />
        <WallTimeField
          label="To, not included"
          name="export-to"
          time={to}
          zone={choices.tz}
          change={setTo}
          isInvalid={fault?.field === 'to'}
          faultId="export-fault"
        />
        <fieldset className="field">
          <legend>Format</legend>
          <span className="seg">
            {FORMATS.map((one) => (
              <label key={one}>
                <input
                  type="radio"
                  name="format"
                  value={one}
                  checked={format === one}
                  onChange={() => setFormat(one)}
                />
                <span>{one === 'csv' ? 'CSV' : 'Parquet'}</span>
              </label>
            ))}
          </span>
        </fieldset>
      </div>
      <p id="export-fault" className="fault" role="alert">
        {fault?.text}
      </p>
      <footer>
        <span className="hint num">
          {fault
            ? ''
            : `${rows === null ? 'Counting' : `About ${count(rows)} ${rows === 1 ? 'row' : 'rows'}`}; ` +
              'close the tab to stop'}
        </span>
        <span className="sp" />
        {fault ? (
          <button type="button" className="btn primary" disabled>
            <Icon name="download" />
            Download
          </button>
        ) : (
          <a className="btn primary" href={exportPath({ ...choice, format })} download>
            <Icon name="download" />
            Download
          </a>
        )}
      </footer>
    </section>
  );
}

function faultOf({ location, from, to }: Choice): { field: string; text: string } | null {
  if (location !== 'all' && !isOid(location))
    return { field: 'location', text: 'Enter the oid of a place, or nothing for all places.' };
  if (Number.isNaN(from)) return { field: 'from', text: 'The beginning needs a day and a time.' };
  if (Number.isNaN(to)) return { field: 'to', text: 'The end needs a day and a time.' };
  return to <= from ? { field: 'to', text: 'The end must be after the beginning.' } : null;
}

/** How many rows the window has now; null before the answer. */
function useEstimate({ location, from, to }: Choice, isBad: boolean, now: number): number | null {
  const [rows, setRows] = useState<number | null>(null);
  useEffect(() => {
    setRows(null);
    if (isBad) return;
    let isWanted = true;
    const timer = setTimeout(() => {
      httpQuestions(serverClock(now))
        .topItems({ location, from, to, limit: 1 })
        .then(({ total }) => isWanted && setRows(total))
        .catch(() => undefined);
    }, ASK_AFTER_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [location, from, to, isBad]);
  return rows;
}
