/** The verdict on a night: a shape and a word. */
import type { Night } from '../model/nights.ts';

const TONES: Record<Night['verdict'], { tone: string; path: string }> = {
  Proved: { tone: 'good', path: 'm2 5.4 2.2 2.2 4-5' },
  Repaired: { tone: 'warn', path: 'M5 1 9 5 5 9 1 5Z' },
  Unproven: { tone: 'warn', path: 'M5 1.5v4.2M5 8.3v.2' },
  Failed: { tone: 'bad', path: 'm2 2 6 6M8 2 2 8' },
  Running: { tone: 'calm', path: 'M5 1.5a3.5 3.5 0 1 1-3.5 3.5M5 3v2l1.4 1' },
  'Not run': { tone: 'calm', path: 'M2 5h6' },
};

export function Verdict({ word }: { word: Night['verdict'] }) {
  const { tone, path } = TONES[word];
  return (
    <span className={`verdict ${tone}`}>
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <path d={path} />
      </svg>
      {word}
    </span>
  );
}
