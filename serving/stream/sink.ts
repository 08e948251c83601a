/**
 * The connection of one viewer: frames come in as they are made, bytes go out as fast as the client reads.
 *
 * hub.ts calls it, http/stream.ts passes the stream to Next.js. A slow client gets the newest state when it is ready,
 * not every state: at most one state and one notice of each question wait, so the memory of a connection is limited
 * however long the client does not read. A client that takes nothing for a while is disconnected.
 */
import type { Frame } from './frames.ts';
import type { Viewer } from './topic.ts';

export interface SinkHooks {
  readonly now: () => number;
  /** Called once, however the connection ends. */
  readonly onClosed: () => void;
  /** Called for each state: the client got it, or a newer one replaced it first. */
  readonly onState: (outcome: 'sent' | 'replaced') => void;
}

/** Frames that the stream may queue, before those that the socket buffers. */
const QUEUED_FRAMES = 2;
const STALLED_MS = 60_000;

export class Sink implements Viewer {
  readonly stream: ReadableStream<Uint8Array>;
  private readonly hooks: SinkHooks;
  private controller!: ReadableStreamDefaultController<Uint8Array>;
  /** Frames that wait, by question. */
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
        cancel: () => this.handleClose(),
      },
      new CountQueuingStrategy({ highWaterMark: QUEUED_FRAMES }),
    );
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Sends a state; it replaces a waiting state of the question. */
  state(frame: Frame, question = ''): void {
    if (!this.open) return;
    if (this.waitingStates.has(question)) this.hooks.onState('replaced');
    this.waitingStates.set(question, frame);
    this.flushOrCut();
  }

  /**
   * Sends a notice; it replaces a waiting notice of the question. A notice for several questions reaches the client
   * once.
   */
  notice(frame: Frame, question = ''): void {
    if (!this.open || frame === this.lastNotice) return;
    this.lastNotice = frame;
    this.waitingNotices.set(question, frame);
    this.flushOrCut();
  }

  /** The viewer for one question of the connection. */
  viewerOf(question: string): Viewer {
    return {
      state: (frame) => this.state(frame, question),
      notice: (frame) => this.notice(frame, question),
      end: this.end,
    };
  }

  /** Ends the stream normally. */
  readonly end = (): void => {
    if (!this.open) return;
    this.controller.close();
    this.handleClose();
  };

  private flushOrCut(): void {
    this.flush();
    if (!this.open || !(this.waitingStates.size + this.waitingNotices.size > 0)) return;
    const now = this.hooks.now();
    this.waitingSince ??= now;
    if (now - this.waitingSince <= STALLED_MS) return;
    this.controller.error(new Error('the client reads nothing'));
    this.handleClose();
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

  private handleClose(): void {
    if (!this.open) return;
    this.open = false;
    this.waitingStates.clear();
    this.waitingNotices.clear();
    this.hooks.onClosed();
  }
}
