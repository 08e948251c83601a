/**
 * One viewer's connection: frames go in as they come, bytes go out as fast as the client takes them.
 *
 * hub.ts calls it, http/stream.ts hands the stream to Next.js. A client that is slow gets the newest state when it is
 * ready, not every one on the way: at most one state and one notice of each question wait, so a connection's memory is
 * bounded however long it does not read. One that has taken nothing for a while is cut.
 */
import type { Frame } from './frames.ts';
import type { Viewer } from './topic.ts';

export interface SinkHooks {
  readonly now: () => number;
  /** Told once, however the connection ended. */
  readonly onClosed: () => void;
  /** What became of a state: it went to the client, or a newer one replaced it first. */
  readonly onState: (outcome: 'sent' | 'replaced') => void;
}

/** Frames that the stream itself may hold; what is written to the socket comes after it. */
const QUEUED_FRAMES = 2;
const STALLED_MS = 60_000;

export class Sink implements Viewer {
  readonly stream: ReadableStream<Uint8Array>;
  private readonly hooks: SinkHooks;
  private controller!: ReadableStreamDefaultController<Uint8Array>;
  /** By question. */
  private readonly waitingStates = new Map<string, Frame>();
  private readonly waitingNotices = new Map<string, Frame>();
  private lastNotice: Frame | null = null;
  private waitingSince: number | null = null;
  private open = true;

  constructor(opening: Frame, hooks: SinkHooks) {
    this.hooks = hooks;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
          controller.enqueue(opening);
        },
        pull: () => this.flush(),
        cancel: () => this.closed(),
      },
      new CountQueuingStrategy({ highWaterMark: QUEUED_FRAMES }),
    );
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Replaces a state of the question that still waits. */
  state(frame: Frame, question = ''): void {
    if (!this.open) return;
    if (this.waitingStates.has(question)) this.hooks.onState('replaced');
    this.waitingStates.set(question, frame);
    this.offered();
  }

  /** Replaces a notice of the question that still waits. What is told to all of its questions a client hears once. */
  notice(frame: Frame, question = ''): void {
    if (!this.open || frame === this.lastNotice) return;
    this.lastNotice = frame;
    this.waitingNotices.set(question, frame);
    this.offered();
  }

  /** The viewer of one of its questions. */
  viewerOf(question: string): Viewer {
    return {
      state: (frame) => this.state(frame, question),
      notice: (frame) => this.notice(frame, question),
      end: this.end,
    };
  }

  /** Ends the stream in good order. */
  readonly end = (): void => {
    if (!this.open) return;
    this.controller.close();
    this.closed();
  };

  private offered(): void {
    this.flush();
    if (!this.open || !(this.waitingStates.size + this.waitingNotices.size > 0)) return;
    const now = this.hooks.now();
    this.waitingSince ??= now;
    if (now - this.waitingSince <= STALLED_MS) return;
    this.controller.error(new Error('the client takes nothing'));
    this.closed();
  }

  private flush(): void {
    while (this.open && (this.controller.desiredSize ?? 0) > 0) {
      const isState = this.waitingStates.size > 0;
      const waiting = isState ? this.waitingStates : this.waitingNotices;
      const [first] = waiting;
      if (!first) return;
      const [question, frame] = first;
      waiting.delete(question);
      this.waitingSince = null;
      this.controller.enqueue(frame);
      if (isState) this.hooks.onState('sent');
    }
  }

  private closed(): void {
    if (!this.open) return;
    this.open = false;
    this.waitingStates.clear();
    this.waitingNotices.clear();
    this.hooks.onClosed();
  }
}
