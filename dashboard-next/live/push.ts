/**
 * Push: the newest total of a rolling window, as the API's stream sends it.
 *
 * The feed takes the total from here instead of asking for it, for as long as the stream speaks; where it is silent, broken or
 * tells of a problem there is nothing here, and the feed asks as it would without. Fixed ranges are not streamed. One stream is
 * open at a time, and none while nobody looks: browsers allow a host few connections.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';
import type { Subject } from './board.ts';
import { WINDOWS } from './address.ts';

/** A view comes every ten seconds at the latest. */
const SILENT_AFTER_MS = 15_000;

export interface Heard {
  topItems(answer: TopItemsAnswer): void;
  view(view: View): void;
  /** A store does not answer, or the connection broke: what was heard no longer stands. */
  trouble(): void;
}

/** Opens a stream that comes back by itself; gives what closes it. */
export type OpenStream = (path: string, heard: Heard) => () => void;

export interface Push {
  /** What to listen to; null: nothing. */
  watch(subject: Subject | null): void;
  /** The newest total of what is watched, or null if it is not known by push. */
  newest(subject: Subject): TopItemsAnswer | null;
}

export function startPush(open: OpenStream | null, now: () => number): Push {
  let path: string | null = null;
  let close: () => void = () => undefined;
  let top: TopItemsAnswer | null = null;
  let heardAt = 0;
  const hear = (answer: TopItemsAnswer | null): void => {
    top = answer;
    heardAt = now();
  };
  return {
    watch(subject) {
      const wanted = open && subject ? streamPath(subject) : null;
      if (wanted === path) return;
      close();
      close = () => undefined;
      [path, top] = [wanted, null];
      if (!open || wanted === null) return;
      close = open(wanted, {
        topItems: hear,
        view: (view) => top && hear({ ...top, view }),
        trouble: () => hear(null),
      });
    },
    newest: (subject) => (path !== null && streamPath(subject) === path && now() - heardAt < SILENT_AFTER_MS ? top : null),
  };
}

/** Fixed ranges are not streamed, and a stream tells of the whole only. */
function streamPath({ window, fixed, location, limit, allowPartial }: Subject): string | null {
  return fixed || allowPartial ? null : `/api/v1/stream?location=${location}&window=${WINDOWS[window] * 60}&limit=${limit}`;
}

/** The browser's own stream. It comes back by itself, except where it was refused: then it is tried again after a while. */
export function eventStream(setTimer: (run: () => void, ms: number) => () => void): OpenStream {
  return (path, heard) => {
    let source: EventSource;
    let cancel: () => void = () => undefined;
    const open = (): void => {
      source = new EventSource(path);
      on(source, 'top-items', (data) => heard.topItems(data as TopItemsAnswer));
      on(source, 'view', (data) => heard.view(data as View));
      on(source, 'problem', () => heard.trouble());
      source.addEventListener('error', () => {
        heard.trouble();
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

const REFUSED_FOR_MS = 30_000;

function on(source: EventSource, name: string, hear: (data: unknown) => void): void {
  // Events with names of one's own are messages too.
  source.addEventListener(name as 'message', (event) => hear(JSON.parse(String((event as { data?: unknown }).data))));
}
