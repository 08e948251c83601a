/**
 * A topic: one question with all of its viewers, read once for all of them.
 *
 * hub.ts decides when to read. Each viewer gets a state once, identified by its id. The id describes the data behind
 * the state, so equal ids mean equal states in every process, and a viewer that reconnects with an id gets only newer
 * states.
 */
import { createHash } from 'node:crypto';
import type { Problem, StreamedTopItems, View } from '../answers.ts';
import type { TopItemsQuestion } from '../questions/top-items.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Frame } from './frames.ts';
import type { StreamQuestion } from './question.ts';
import { MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';
import { ClientLeft, isFault } from '../faults.ts';
import { alignToMinutes, windowOf } from '../counts/window.ts';
import { problemFrame, topItemsFrame } from './frames.ts';
import { nameOfQuestion } from './question.ts';

export interface Viewer {
  /** The newest state. */
  state(frame: Frame): void;
  /** A heartbeat, a view or a problem. */
  notice(frame: Frame): void;
  end(): void;
}

/** The source of streams: the questions of serving, over the stores that are open now. */
export interface StreamSource {
  /** Returns a newer snapshot than `last`. */
  snapshot(last: Snapshot | null): Promise<Snapshot>;
  /** `signal` aborts when the last viewer has left. */
  topItems(
    question: TopItemsQuestion,
    signal: AbortSignal,
  ): Promise<{ answer: Omit<StreamedTopItems, 'question'>; snapshot: Snapshot }>;
  view(snapshot: Snapshot): Promise<View>;
  describe(fault: unknown): Omit<Problem, 'request_id'>;
}

export interface Topic {
  readonly isReading: boolean;
  readonly viewerCount: number;
  /** Whether the current state is the one that `snapshot` gives at this moment. */
  isCurrent(snapshot: Snapshot, referenceVersion: number | null): boolean;
  /** Reads the question, once for all callers, and sends the state to every viewer; throws the fault of the read. */
  read(): Promise<void>;
  /** The same in the background; viewers get a fault once. */
  refresh(): void;
  /** Adds a viewer and resolves when it has the newest state; a viewer that has the state with this id gets nothing. */
  join(viewer: Viewer, lastEventId: string | null): Promise<void>;
  leave(viewer: Viewer): void;
  notify(frame: Frame): void;
  end(): void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export function topicOf(question: StreamQuestion, source: StreamSource, now: () => number): Topic {
  const name = nameOfQuestion(question);
  const lastSentIds = new Map<Viewer, string | null>();
  let state: { readonly id: string; readonly frame: Frame } | null = null;
  let isDown = false;
  const pause = growingPause(now);

  const sendState = (viewer: Viewer): void => {
    if (state === null || lastSentIds.get(viewer) === state.id) return;
    lastSentIds.set(viewer, state.id);
    viewer.state(state.frame);
  };
  const readState = async (signal: AbortSignal): Promise<void> => {
    const { answer, snapshot } = await source.topItems(questionAt(question, now()), signal);
    const id = idOf(question, snapshot, answer, answer.view.reference_version);
    if (state?.id !== id) state = { id, frame: topItemsFrame(id, { ...answer, question: name }) };
    isDown = false;
    pause.endGrowth();
    for (const viewer of lastSentIds.keys()) sendState(viewer);
  };
  const stateRead = singleRead(readState);
  const notify = (frame: Frame): void => {
    for (const viewer of lastSentIds.keys()) viewer.notice(frame);
  };
  return {
    get isReading() {
      return stateRead.isRunning();
    },
    get viewerCount() {
      return lastSentIds.size;
    },
    isCurrent: (snapshot, referenceVersion) =>
      isDown
        ? pause.isOn()
        : state?.id === idOf(question, snapshot, alignToMinutes(windowAt(question, now())), referenceVersion),
    read: stateRead.read,
    refresh() {
      stateRead.read().catch((fault: unknown) => {
        if (!isDown) notify(problemFrame(source.describe(fault), name));
        isDown = true;
        if (isFault('TooCostly', fault)) pause.begin();
      });
    },
    async join(viewer, lastEventId) {
      lastSentIds.set(viewer, lastEventId);
      if (state === null || isDown) await stateRead.read();
      else sendState(viewer);
    },
    leave(viewer) {
      lastSentIds.delete(viewer);
      if (lastSentIds.size === 0) stateRead.stop();
    },
    notify,
    end() {
      for (const viewer of [...lastSentIds.keys()]) viewer.end();
    },
  };
}

/** A question that costs too much will cost as much again, so its reads pause for longer and longer. */
function growingPause(now: () => number) {
  let count = 0;
  let until = 0;
  return {
    isOn: () => now() < until,
    begin(): void {
      until = now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** count++);
    },
    /** The next pause is the shortest. */
    endGrowth(): void {
      count = 0;
    },
  };
}

/** One read at a time, shared by all callers; a read that is stopped does not count as running. */
function singleRead(read: (signal: AbortSignal) => Promise<void>): {
  isRunning(): boolean;
  read(): Promise<void>;
  stop(): void;
} {
  let current: { readonly done: Promise<void>; readonly stop: AbortController } | null = null;
  return {
    isRunning: () => current !== null,
    read() {
      if (current) return current.done;
      const stop = new AbortController();
      const done = read(stop.signal).finally(() => {
        if (current?.stop === stop) current = null;
      });
      current = { done, stop };
      return done;
    },
    stop() {
      current?.stop.abort(new ClientLeft());
      current = null;
    },
  };
}

function questionAt(question: StreamQuestion, now: number): TopItemsQuestion {
  const { location, limit, since } = question;
  return { location, limit, parts: true, ...windowAt(question, now), ...(since === undefined ? {} : { since }) };
}

function windowAt({ windowSeconds }: StreamQuestion, now: number) {
  return windowOf({ from: Math.max(0, now - windowSeconds * SECOND_MS), to: now }, now);
}

/** Progress only grows, so the sum of its offsets identifies it within the generation. */
function idOf(
  question: StreamQuestion,
  snapshot: Snapshot,
  window: { from: number; to: number },
  referenceVersion: number | null,
): string {
  const { rules, horizon, progress } = snapshot;
  const offsets = progress.reduce((sum, { nextOffset }) => sum + nextOffset, 0);
  const questionHash = createHash('sha256')
    .update(JSON.stringify([question.location, question.limit, window.from, question.since]))
    .digest('hex')
    .slice(0, 8);
  return [
    rules.generation,
    horizon?.epoch ?? 'none',
    offsets,
    referenceVersion ?? 'none',
    window.to / MINUTE_MS,
    questionHash,
  ].join('-');
}
