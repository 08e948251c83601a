/**
 * The newest total of a rolling window, as the stream of the API pushes it.
 *
 * The feed takes the total from here while the stream sends events. If the stream is silent, broken or reports a
 * problem, there is no total here and the feed asks for it. Fixed ranges are not streamed. One question is watched at a
 * time, and none while the page is hidden; shared-stream.ts asks the questions of all tabs in one stream.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';
import type { Subject } from '../model/board-answers.ts';
import { WINDOWS } from '../model/address.ts';
import { sinceOf } from '../model/board-answers.ts';

/** The stream sends an event at least every ten seconds. */
const SILENT_AFTER_MS = 15_000;

export interface Listener {
  topItems(answer: TopItemsAnswer): void;
  view(view: View): void;
  /** A store does not answer, or the connection broke: earlier events no longer count. */
  trouble(): void;
}

/** Subscribes to a question; returns a function that ends the subscription. */
export type OpenStream = (question: string, listener: Listener) => () => void;

export interface Push {
  /** Sets what to watch; null: nothing. */
  watch(subject: Subject | null): void;
  /** The newest pushed total for the subject, or null. */
  newest(subject: Subject): TopItemsAnswer | null;
}

export function startPush(open: OpenStream | null, now: () => number): Push {
  let question: string | null = null;
  let close: () => void = () => undefined;
  let top: TopItemsAnswer | null = null;
  let receivedAt = 0;
  const hear = (answer: TopItemsAnswer | null): void => {
    top = answer;
    receivedAt = now();
  };
  return {
    watch(subject) {
      const wanted = open && subject ? questionOf(subject, now()) : null;
      if (wanted === question) return;
      close();
      close = () => undefined;
      [question, top] = [wanted, null];
      if (!open || wanted === null) return;
      close = open(wanted, {
        topItems: hear,
        view: (view) => top && hear({ ...top, view }),
        trouble: () => hear(null),
      });
    },
    newest: (subject) =>
      question !== null && questionOf(subject, now()) === question && now() - receivedAt < SILENT_AFTER_MS ? top : null,
  };
}

/** The question's name (serving/stream/question.ts). Fixed ranges and answers from one view are not streamed. */
function questionOf(subject: Subject, now: number): string | null {
  const { window, fixed, location, limit, allowPartial } = subject;
  if (fixed || allowPartial) return null;
  const since = sinceOf(subject, now);
  return [location, WINDOWS[window] * 60, limit, ...(since === undefined ? [] : [since])].join('.');
}
