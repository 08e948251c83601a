/**
 * Push: the newest total of a rolling window, as the API's stream sends it.
 *
 * The feed takes the total from here instead of asking for it, for as long as the stream speaks; where it is silent,
 * broken or tells of a problem there is nothing here, and the feed asks as it would without. Fixed ranges are not
 * streamed. One question is listened to at a time, and none while nobody looks; shared-stream.ts asks those of all tabs
 * in one stream.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';
import type { Subject } from '../model/board-answers.ts';
import { WINDOWS } from '../model/address.ts';
import { sinceOf } from '../model/board-answers.ts';

/** A view comes every ten seconds at the latest. */
const SILENT_AFTER_MS = 15_000;

export interface Heard {
  topItems(answer: TopItemsAnswer): void;
  view(view: View): void;
  /** A store does not answer, or the connection broke: what was heard no longer stands. */
  trouble(): void;
}

/** Begins to tell of a question; gives what ends it. */
export type OpenStream = (question: string, heard: Heard) => () => void;

export interface Push {
  /** What to listen to; null: nothing. */
  watch(subject: Subject | null): void;
  /** The newest total of what is watched, or null if it is not known by push. */
  newest(subject: Subject): TopItemsAnswer | null;
}

export function startPush(open: OpenStream | null, now: () => number): Push {
  let question: string | null = null;
  let close: () => void = () => undefined;
  let top: TopItemsAnswer | null = null;
  let heardAt = 0;
  const hear = (answer: TopItemsAnswer | null): void => {
    top = answer;
    heardAt = now();
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
      question !== null && questionOf(subject, now()) === question && now() - heardAt < SILENT_AFTER_MS ? top : null,
  };
}

/** Its name (serving/stream/question.ts). Fixed ranges are not streamed, and a stream tells of the whole only. */
function questionOf(subject: Subject, now: number): string | null {
  const { window, fixed, location, limit, allowPartial } = subject;
  if (fixed || allowPartial) return null;
  const since = sinceOf(subject, now);
  return [location, WINDOWS[window] * 60, limit, ...(since === undefined ? [] : [since])].join('.');
}
