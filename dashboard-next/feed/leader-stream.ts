/**
 * The stream of the tab that leads (shared-stream.ts), with the questions of all tabs.
 *
 * When the questions change, another stream is opened. The one before ends when the new one has sent an answer, so that
 * nothing is missed between them.
 */
import type { MultiListener, OpenMany, SetTimer } from './event-stream.ts';

/** How long the old stream stays if the new one sends nothing. */
const OVERLAPS_MS = 5_000;

interface StreamWorld {
  readonly open: OpenMany;
  readonly setTimer: SetTimer;
}

export interface LeaderStream {
  /** Opens a stream for these questions, unless they are those of now. */
  ask(questions: readonly string[]): void;
  close(): void;
}

export function leaderStream({ open, setTimer }: StreamWorld, pass: MultiListener): LeaderStream {
  let current = '';
  let closeNow: () => void = () => undefined;
  let closeBefore: () => void = () => undefined;
  return {
    ask(questions) {
      const next = [...questions].sort().join(',');
      if (next === current) return;
      current = next;
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
