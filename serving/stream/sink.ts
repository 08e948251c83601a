/**
 * One viewer's connection: frames go in as they come, bytes go out as fast as the client takes them.
 *
 * hub.ts calls it, http/stream.ts hands the stream to Next.js. A client that is slow gets the newest state when it is ready, not
 * every one on the way: at most one state and one notice wait, so a connection's memory is bounded however long it does not
 * read. One that has taken nothing for a while is cut.
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
  private waitingState: Frame | null = null;
  private waitingNotice: Frame | null = null;
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

  /** Replaces a state that still waits. */
  state(frame: Frame): void {
    if (!this.open) return;
    if (this.waitingState) this.hooks.onState('replaced');
    this.waitingState = frame;
    this.offered();
  }

  /** Replaces a notice that still waits. */
  notice(frame: Frame): void {
    if (!this.open) return;
    this.waitingNotice = frame;
    this.offered();
  }

  /** Ends the stream in good order. */
  readonly end = (): void => {
    if (!this.open) return;
    this.controller.close();
    this.closed();
  };

  private offered(): void {
    this.flush();
    if (!this.open || !(this.waitingState ?? this.waitingNotice)) return;
    const now = this.hooks.now();
    this.waitingSince ??= now;
    if (now - this.waitingSince <= STALLED_MS) return;
    this.controller.error(new Error('the client takes nothing'));
    this.closed();
  }

  private flush(): void {
    while (this.open && (this.controller.desiredSize ?? 0) > 0) {
      const frame = this.waitingState ?? this.waitingNotice;
      if (frame === null) return;
      this.waitingSince = null;
      this.controller.enqueue(frame);
      if (frame === this.waitingState) {
        this.waitingState = null;
        this.hooks.onState('sent');
      } else this.waitingNotice = null;
    }
  }

  private closed(): void {
    if (!this.open) return;
    this.open = false;
    this.waitingState = null;
    this.waitingNotice = null;
    this.hooks.onClosed();
  }
}
