/** The state of a camera: a shape and a word. */
import type { CameraState } from '../../serving/footage-answers.ts';
import { STATES } from '../model/cameras.ts';

const TONES: Record<CameraState, { tone: string; path: string }> = {
  silent: { tone: 'bad', path: 'm2 2 6 6M8 2 2 8' },
  dark: { tone: 'bad', path: 'M7.8 6.2A3.5 3.5 0 1 1 3.8 2.2a2.8 2.8 0 0 0 4 4Z' },
  frozen: { tone: 'bad', path: 'M5 1v8M1.5 3l7 4M8.5 3l-7 4' },
  blurred: { tone: 'warn', path: 'M1.5 3.4c1.2-1 2.3-1 3.5 0s2.3 1 3.5 0M1.5 6.8c1.2-1 2.3-1 3.5 0s2.3 1 3.5 0' },
  well: { tone: 'good', path: 'm2 5.4 2.2 2.2 4-5' },
};

export function CameraStateMark({ state }: { state: CameraState }) {
  const { tone, path } = TONES[state];
  return (
    <span className={`verdict ${tone}`}>
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <path d={path} />
      </svg>
      {STATES[state].word}
    </span>
  );
}
