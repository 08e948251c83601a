/** A fixed range, chosen to the minute in the zone that is shown. */
import { useState } from 'react';
import type { FormEvent } from 'react';
import type { Shown } from '../live/address.ts';
import type { Span } from '../live/questions.ts';
import { instantOfWall, wallOf, zoneText } from '../live/zones.ts';
import { Dialog } from './Dialog.tsx';
import type { Change } from './useAddress.ts';

interface Props {
  readonly isOpen: boolean;
  readonly close: () => void;
  /** What is shown now, as a start. */
  readonly span: Span;
  readonly shown: Shown;
  readonly change: Change;
}

export function CustomRange({ isOpen, close, span, shown, change }: Props) {
  const [from, setFrom] = useState(() => fieldOf(span.from, shown.tz));
  const [to, setTo] = useState(() => fieldOf(span.to, shown.tz));
  const [fault, setFault] = useState<string | null>(null);
  const apply = (event: FormEvent): void => {
    event.preventDefault();
    const fixed = { from: instantOf(from, shown.tz), to: instantOf(to, shown.tz) };
    if (Number.isNaN(fixed.from) || Number.isNaN(fixed.to)) return setFault('Both ends need a day and a time.');
    if (fixed.to <= fixed.from) return setFault('The end must be after the beginning.');
    change({ fixed });
    close();
  };
  return (
    <Dialog title="Custom range" isOpen={isOpen} close={close}>
      <form onSubmit={apply} noValidate>
        <label className="field">
          From
          <input type="datetime-local" value={from} max="9999-12-31T23:59" onChange={(event) => setFrom(event.target.value)} data-first />
        </label>
        <label className="field">
          To, not included
          <input type="datetime-local" value={to} max="9999-12-31T23:59" aria-invalid={fault !== null} aria-describedby="range-fault" onChange={(event) => setTo(event.target.value)} />
        </label>
        <p className="hint">Times are {zoneText(span.to, shown.tz)}.</p>
        <p id="range-fault" className="fault" role="alert">
          {fault}
        </p>
        <p className="actions">
          {shown.fixed && (
            <button
              type="button"
              className="btn"
              onClick={() => {
                change({ fixed: null });
                close();
              }}
            >
              Back to live
            </button>
          )}
          <button type="submit" className="btn primary">
            Show this range
          </button>
        </p>
      </form>
    </Dialog>
  );
}

/** `2026-11-22T14:32`, as the field wants it. */
function fieldOf(t: number, zone: string): string {
  return new Date(wallOf(t, zone)).toISOString().slice(0, 16);
}

function instantOf(text: string, zone: string): number {
  const wall = Date.parse(`${text.slice(0, 16)}Z`);
  return Number.isNaN(wall) ? wall : instantOfWall(wall, zone);
}
