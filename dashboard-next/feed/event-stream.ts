/**
 * The browser's own stream of server-sent events, for one question or several, with the names that the API gives them.
 *
 * It reconnects by itself. If the server refuses it, it is tried again after thirty seconds. shared-stream.ts opens one
 * for all tabs of a browser.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';
import type { OpenStream } from './push.ts';

export interface MultiListener {
  answer(question: string, answer: TopItemsAnswer): void;
  view(view: View): void;
  /** A store does not answer, or the connection broke. With a question: that question alone has no answer. */
  trouble(question: string | null): void;
}

/** Opens a stream that reconnects by itself; returns a function that closes it. */
export type OpenMany = (questions: readonly string[], listener: MultiListener) => () => void;

export type SetTimer = (run: () => void, ms: number) => () => void;

const REFUSED_FOR_MS = 30_000;

export function eventStream(setTimer: SetTimer): OpenMany {
  return (questions, listener) => {
    let source: EventSource;
    let cancel: () => void = () => undefined;
    const open = (): void => {
      source = new EventSource(`/api/v1/stream?questions=${questions.join(',')}`);
      on(source, 'top-items', (data) =>
        listener.answer((data as { question: string }).question, data as TopItemsAnswer),
      );
      on(source, 'view', (data) => listener.view(data as View));
      on(source, 'problem', (data) => listener.trouble((data as { question?: string }).question ?? null));
      source.addEventListener('error', () => {
        listener.trouble(null);
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

/** A stream for one tab alone, in a browser whose tabs cannot send each other messages. */
export function streamAlone(open: OpenMany): OpenStream {
  return (question, listener) =>
    open([question], {
      answer: (_, answer) => listener.topItems(answer),
      view: listener.view,
      trouble: listener.trouble,
    });
}

function on(source: EventSource, name: string, hear: (data: unknown) => void): void {
  // The types of the DOM know no names of our own; such an event has data like a message.
  source.addEventListener(name as 'message', (event) => hear(JSON.parse(String((event as { data?: unknown }).data))));
}
