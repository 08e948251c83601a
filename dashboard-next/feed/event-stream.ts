/**
 * The browser's own stream of events, for one question or several, named as the API names them.
 *
 * It comes back by itself, except where it was refused: then it is tried again after a while. shared-stream.ts opens
 * one for all tabs of a browser.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';
import type { OpenStream } from './push.ts';

export interface HeardMany {
  answer(question: string, answer: TopItemsAnswer): void;
  view(view: View): void;
  /** A store does not answer, or the connection broke; with a question, that one has no answer. */
  trouble(question: string | null): void;
}

/** Opens a stream that comes back by itself; gives what closes it. */
export type OpenMany = (questions: readonly string[], heard: HeardMany) => () => void;

export type SetTimer = (run: () => void, ms: number) => () => void;

const REFUSED_FOR_MS = 30_000;

export function eventStream(setTimer: SetTimer): OpenMany {
  return (questions, heard) => {
    let source: EventSource;
    let cancel: () => void = () => undefined;
    const open = (): void => {
      source = new EventSource(`/api/v1/stream?questions=${questions.join(',')}`);
      on(source, 'top-items', (data) => heard.answer((data as { question: string }).question, data as TopItemsAnswer));
      on(source, 'view', (data) => heard.view(data as View));
      on(source, 'problem', (data) => heard.trouble((data as { question?: string }).question ?? null));
      source.addEventListener('error', () => {
        heard.trouble(null);
        if (source.readyState === EventSource.CLOSED) cancel = setTimer(open, REFUSED_FOR_MS);
      });
    };
    open();
    return () => {
      cancel();
      source.close();
    };
  };
}

/** A stream of one's own, where tabs cannot hear each other. */
export function streamAlone(open: OpenMany): OpenStream {
  return (question, heard) =>
    open([question], {
      answer: (_, answer) => heard.topItems(answer),
      view: heard.view,
      trouble: heard.trouble,
    });
}

function on(source: EventSource, name: string, hear: (data: unknown) => void): void {
  // Events with names of one's own are messages too.
  source.addEventListener(name as 'message', (event) => hear(JSON.parse(String((event as { data?: unknown }).data))));
}
