/**
 * The feed: keeps the board up to date, and reports answers and failures to the page as events.
 *
 * This is the one place that decides how new numbers arrive. The total of a rolling window is pushed (push.ts) and
 * painted at most as often as the viewer wants. Everything else is asked for, and the total too while nothing is
 * pushed. One read is under way at a time; a new subject makes the answer of the old read worthless. A hidden page asks
 * nothing and catches up once. A paused page keeps its stream, or asks now and then whether all is well, and does not
 * paint.
 */
import type { Board, Reading } from '../model/board.ts';
import type { LiveEvent } from '../model/live-state.ts';
import type { Questions } from '../model/questions.ts';
import { nothingPending, readBoard, subjectKey } from '../model/board.ts';
import type { OpenStream, Push } from './push.ts';
import type { Subject } from '../model/board-answers.ts';
import { startPush } from './push.ts';
import { asNoAnswer } from '../model/questions.ts';

const PULSE_MS = 10_000;
const PATIENCE_MS = 250;
const BACK_OFF_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

interface FeedWorld {
  readonly questions: Questions;
  readonly now: () => number;
  readonly setTimer: (run: () => void, ms: number) => () => void;
  readonly isHidden: () => boolean;
  readonly random: () => number;
  /** Null if there is no stream; then everything is asked for. */
  readonly openStream: OpenStream | null;
}

export interface Feed {
  /** Sets what to show and how often; null pauses. */
  show(subject: Subject, everyMs: number | null): void;
  /** Asks at once. */
  askNow(): void;
  stop(): void;
}

export function startFeed(
  world: FeedWorld,
  first: Board | null,
  emit: (event: LiveEvent) => void,
  setBusy: (busy: boolean) => void,
): Feed {
  return new FeedLoop(world, first, { emit, setBusy });
}

interface FeedListener {
  readonly emit: (event: LiveEvent) => void;
  readonly setBusy: (busy: boolean) => void;
}

class FeedLoop implements Feed {
  private readonly world: FeedWorld;
  private readonly listener: FeedListener;
  private readonly reading: Reading;
  private readonly push: Push;
  private board: Board | null;
  private wanted: { subject: Subject; everyMs: number | null } | null = null;
  /** Only the read of the current turn may paint. */
  private turn = 0;
  private failures = 0;
  private cancelTimer: () => void = () => undefined;

  constructor(world: FeedWorld, first: Board | null, listener: FeedListener) {
    this.world = world;
    this.board = first;
    this.listener = listener;
    this.reading = readingOf(world);
    this.push = startPush(world.openStream, world.now);
  }

  show(subject: Subject, everyMs: number | null): void {
    const isResumed = this.wanted?.everyMs === null && everyMs !== null;
    const isFirst = this.wanted === null;
    const waitMs = isFirst ? Math.min(everyMs ?? PULSE_MS, 1_000) : (everyMs ?? PULSE_MS);
    this.wanted = { subject, everyMs };
    // A read that is under way for another subject must not paint.
    this.turn += 1;
    this.plan(this.isNews(subject) || isResumed ? 0 : waitMs);
  }

  askNow(): void {
    this.plan(0);
  }

  stop(): void {
    this.turn += 1;
    this.wanted = null;
    this.push.watch(null);
    this.cancelTimer();
  }

  private isNews(subject: Subject): boolean {
    return !this.board || subjectKey(this.board.subject) !== subjectKey(subject);
  }

  private plan(ms: number): void {
    this.cancelTimer();
    this.cancelTimer = this.world.setTimer(() => void this.ask(), Math.max(0, ms));
  }

  private async ask(): Promise<void> {
    const { world, listener, push } = this;
    if (!this.wanted || world.isHidden()) return push.watch(null);
    const { subject, everyMs } = this.wanted;
    push.watch(subject);
    const current = ++this.turn;
    const beganAt = world.now();
    const isNews = this.isNews(subject);
    if (isNews) listener.setBusy(true);
    try {
      const event =
        everyMs !== null || isNews
          ? await readNext(this.reading, subject, this.board, push)
          : await readPulse(world, subject, push);
      if (current !== this.turn) return;
      if (event.type === 'board') this.board = event.board;
      this.failures = 0;
      listener.setBusy(false);
      listener.emit(event);
      this.plan((everyMs ?? PULSE_MS) - (world.now() - beganAt));
    } catch (thrown) {
      if (current === this.turn) this.fail(thrown);
    }
  }

  private fail(thrown: unknown): void {
    const { kind, title, detail, requestId, retryAfterMs } = asNoAnswer(thrown);
    const waitMs = retryAfterMs ?? backOffMs(this.failures++, this.world.random());
    this.listener.setBusy(false);
    const at = this.world.now();
    this.listener.emit({ type: 'fault', fault: { kind, title, detail, requestId }, at, retryAt: at + waitMs });
    this.plan(waitMs);
  }
}

function backOffMs(failures: number, random: number): number {
  return BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)]! * (0.9 + random * 0.2);
}

function readingOf({ questions, now, setTimer }: FeedWorld): Reading {
  const patience = (): Promise<void> => new Promise((resolve) => void setTimer(resolve, PATIENCE_MS));
  return { questions, now, pending: nothingPending(), patience };
}

async function readNext(reading: Reading, subject: Subject, last: Board | null, push: Push): Promise<LiveEvent> {
  return { type: 'board', board: await readBoard({ ...reading, pushed: () => push.newest(subject) }, subject, last) };
}

async function readPulse({ questions, now }: FeedWorld, subject: Subject, push: Push): Promise<LiveEvent> {
  const to = now();
  const pushed = push.newest(subject);
  if (pushed) return { type: 'pulse', view: pushed.view, at: to };
  const { location, allowPartial } = subject;
  const { view } = await questions.topItems({ from: to - 60_000, to, location, limit: 1, allowPartial });
  return { type: 'pulse', view, at: now() };
}
