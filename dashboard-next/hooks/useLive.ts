/**
 * Runs the feed of a page and keeps its state: one event, one paint. `now` is the server's clock and moves at least
 * once a second.
 */
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import type { Choices } from '../model/address.ts';
import type { LiveEvent, LiveState } from '../model/live-state.ts';
import { httpQuestions } from '../feed/http-questions.ts';
import { subjectKey } from '../model/board.ts';
import type { Clock } from '../feed/clock.ts';
import { serverClock } from '../feed/clock.ts';
import type { Feed } from '../feed/feed.ts';
import type { FirstPaint } from '../model/page.ts';
import { startFeed } from '../feed/feed.ts';
import { firstState, nextState } from '../model/live-state.ts';
import { streamOfTab } from '../feed/tab-channel.ts';

const TICK_MS = 1_000;

interface Picture {
  readonly state: LiveState;
  readonly now: number;
}

type Paint = { event: LiveEvent | null; now: number };

function repaint(picture: Picture, { event, now }: Paint): Picture {
  return { now, state: event ? nextState(picture.state, event) : picture.state };
}

interface Live extends Picture {
  readonly busy: boolean;
  readonly askNow: () => void;
}

export function useLive(first: FirstPaint, choices: Choices): Live {
  const [picture, paint] = useReducer(repaint, first, ({ board, fault, now }) => ({
    state: firstState(board, fault, now),
    now,
  }));
  const [busy, setBusy] = useState(false);
  const feed = useRef<Feed | null>(null);
  const firstPaint = useRef(first);
  useEffect(() => {
    const clock = serverClock(firstPaint.current.now);
    const world = {
      questions: httpQuestions(clock),
      now: clock.now,
      setTimer,
      isHidden: () => document.hidden,
      random: Math.random,
      openStream: streamOfTab(firstPaint.current.reader, setTimer),
    };
    const tell = (event: LiveEvent): void => void requestAnimationFrame(() => paint({ event, now: clock.now() }));
    const running = startFeed(world, firstPaint.current.board, tell, setBusy);
    feed.current = running;
    const stopTicking = tick(clock, (now) => paint({ event: null, now }));
    const wake = (): void => {
      running.askNow();
    };
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('online', wake);
    return () => {
      running.stop();
      stopTicking();
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('online', wake);
    };
  }, []);
  const { refresh } = choices;
  const key = subjectKey(choices);
  const subject = useRef(choices);
  subject.current = choices;
  useEffect(() => {
    feed.current?.show(subject.current, refresh === 'off' ? null : refresh * 1_000);
  }, [key, refresh]);
  const askNow = useCallback(() => feed.current?.askNow(), []);
  return { ...picture, busy, askNow };
}

function setTimer(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

function tick(clock: Clock, paint: (now: number) => void): () => void {
  const timer = setInterval(() => {
    if (!document.hidden) paint(clock.now());
  }, TICK_MS);
  return () => clearInterval(timer);
}
