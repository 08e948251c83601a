/** The dialog for a fixed range, to the minute, in the chosen zone. */
import { useState } from 'react';
import type { FormEvent } from 'react';
import type { Choices } from '../model/address.ts';
import type { Span } from '../model/questions.ts';
import { instantIn, wallTimeOf } from '../text/wall-time.ts';
import { spanZoneText } from '../text/zones.ts';
import { Dialog } from '../elements/Dialog.tsx';
import type { Change } from '../hooks/useAddress.ts';
import { WallTimeField } from '../elements/WallTimeField.tsx';

interface Props {
  readonly isOpen: boolean;
  readonly close: () => void;
  /** The range of now, as a start. */
  readonly span: Span;
  readonly choices: Choices;
  readonly change: Change;
}

export function CustomRange({ isOpen, close, span, choices, change }: Props) {
  const [from, setFrom] = useState(() => wallTimeOf(span.from, choices.tz));
  const [to, setTo] = useState(() => wallTimeOf(span.to, choices.tz));
  const [fault, setFault] = useState<string | null>(null);
  const apply = (event: FormEvent): void => {
    event.preventDefault();
    const fixed = { from: instantIn(from, choices.tz), to: instantIn(to, choices.tz) };
    if (Number.isNaN(fixed.from) || Number.isNaN(fixed.to)) return setFault('Both ends need a day and a time.');
    if (fixed.to <= fixed.from) return setFault('The end must be after the beginning.');
    change({ fixed });
    close();
  };
  return (
    <Dialog title="Custom range" isOpen={isOpen} close={close}>
      <form onSubmit={apply} noValidate>
        <WallTimeField
          label="From"
          name="from"
          time={from}
          zone={choices.tz}
          change={setFrom}
          isInvalid={false}
          faultId="range-fault"
          isFirst
        />
        <WallTimeField
          label="To, not included"
          name="to"
          time={to}
          zone={choices.tz}
          change={setTo}
          isInvalid={fault !== null}
          faultId="range-fault"
        />
        <p className="hint">Times are {spanZoneText(span, choices.tz)}.</p>
        <p id="range-fault" className="fault" role="alert">
          {fault}
        </p>
        <p className="actions">
          {choices.fixed && (
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
