/** The list of keys, and the switch that turns them off; the browser keeps that choice. */
import { useState } from 'react';
import { Dialog } from '../elements/Dialog.tsx';
import { KEYS_OFF } from '../hooks/useKeys.ts';

const KEYS = [
  ['p', 'pause or resume'],
  ['r', 'refresh every 1, 5, 10 seconds'],
  ['1 – 5', 'window: 5 min, 15 min, 1 h, 24 h, 7 d'],
  ['c', 'custom range'],
  ['← →', 'the period before, the period after'],
  ['t', 'timeline as chart or table'],
  ['/', 'find a place or a detection'],
  ['l', 'copy the link'],
  ['s', 'say the numbers (screen readers)'],
  ['g, then l p c t d', 'Live, Places, Cameras, Trust, Data'],
  ['?', 'this list'],
  ['Esc', 'close'],
] as const;

export function Shortcuts({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" isOpen={isOpen} close={close}>
      <dl className="keys">
        {KEYS.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <p className="hint">
        In the timeline ← and → move one bucket, Home and End to its ends; drawing across it chooses a range.
      </p>
      <KeysSwitch />
    </Dialog>
  );
}

function KeysSwitch() {
  const [on, setOn] = useState(() => localStorage.getItem(KEYS_OFF) !== 'off');
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => {
          setOn(event.target.checked);
          if (event.target.checked) localStorage.removeItem(KEYS_OFF);
          else localStorage.setItem(KEYS_OFF, 'off');
        }}
      />
      Single keys are on (? always opens this list)
    </label>
  );
}
