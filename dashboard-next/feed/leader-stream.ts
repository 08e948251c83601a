/**
 * The stream of the tab that leads (shared-stream.ts): of whichever questions all tabs ask now. When they change
 * another stream is opened, and the one before ends when the new one speaks, so that nothing is missed between them.
 */
import type { HeardMany, OpenMany, SetTimer } from './event-stream.ts';

/** How long the stream before stays beside a new one that has not spoken. */
const OVERLAPS_MS = 5_000;

interface StreamWorld {
  readonly open: OpenMany;
  readonly setTimer: SetTimer;
}

export interface LedStream {
  /** Opens a stream of these questions, if it is another one than now. */
  ask(questions: readonly string[]): void;
  close(): void;
}

export function ledStream({ open, setTimer }: StreamWorld, pass: HeardMany): LedStream {
  let asked = '';
  let closeNow: () => void = () => undefined;
  let closeBefore: () => void = () => undefined;
  return {
    ask(questions) {
      const wanted = [...questions].sort().join(',');
      if (wanted === asked) return;
      asked = wanted;
      closeBefore();
      const ending = closeNow;
      const cancel = setTimer(ending, OVERLAPS_MS);
      closeBefore = () => {
        cancel();
        ending();
      };
      if (questions.length === 0) {
        closeBefore();
        closeNow = () => undefined;
        return;
      }
      const endBefore = closeBefore;
      closeNow = open(questions, {
        answer(question, answer) {
          endBefore();
          pass.answer(question, answer);
        },
        view: pass.view,
        trouble: pass.trouble,
      });
    },
    close() {
      closeBefore();
      closeNow();
    },
  };
}
