/**
 * A topic: one question with everybody who watches it, read once for all of them.
 *
 * hub.ts says when to read. Each viewer is told a state once, told by its id; the id names what the state rests on, so
 * the same id is the same state, whichever process it came from, and a viewer that comes back with it is told only what
 * is newer.
 */
import { createHash } from 'node:crypto';
import type { Problem, StreamedTopItems, View } from '../answers.ts';
import type { TopItemsQuestion } from '../questions/top-items.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Frame } from './frames.ts';
import type { StreamQuestion } from './question.ts';
import { MINUTE_MS, SECOND_MS } from '../../core/domain/time.ts';
import { AskerLeft, isFault } from '../faults.ts';
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

/** What streams are made of: serving's own questions, over whichever stores are open now. */
export interface StreamSource {
  /** A snapshot that is newer than `last`. */
  snapshot(last: Snapshot | null): Promise<Snapshot>;
  /** `signal` is aborted when nobody watches any more. */
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
  /** Whether what stands is what `snapshot` would give at this moment. */
  isCurrent(snapshot: Snapshot, referenceVersion: number | null): boolean;
  /** Reads the question, once for all who ask at this time, and tells every viewer; throws what reading threw. */
  read(): Promise<void>;
  /** The same in the background: viewers are told of a fault once. */
  refresh(): void;
  /** Resolves when the viewer was told the newest state, unless it is the one with this id. */
  join(viewer: Viewer, lastEventId: string | null): Promise<void>;
  leave(viewer: Viewer): void;
  notify(frame: Frame): void;
  end(): void;
}

const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;

export function topicOf(question: StreamQuestion, source: StreamSource, now: () => number): Topic {
  const name = nameOfQuestion(question);
  const told = new Map<Viewer, string | null>();
  let state: { readonly id: string; readonly frame: Frame } | null = null;
  let isDown = false;
  /** A question that costs too much costs as much the next time: it is not read again for a while, then for longer. */
  let refusals = 0;
  let restsUntil = 0;

  const give = (viewer: Viewer): void => {
    if (state === null || told.get(viewer) === state.id) return;
    told.set(viewer, state.id);
    viewer.state(state.frame);
  };
  const readNow = async (signal: AbortSignal): Promise<void> => {
    const { location, limit, since } = question;
    const { answer, snapshot } = await source.topItems(
      { location, limit, parts: true, ...windowAt(question, now()), ...(since === undefined ? {} : { since }) },
      signal,
    );
    const id = idOf(question, snapshot, answer, answer.view.reference_version);
    if (state?.id !== id) state = { id, frame: topItemsFrame(id, { ...answer, question: name }) };
    isDown = false;
    refusals = 0;
    for (const viewer of told.keys()) give(viewer);
  };
  const reading = oneReading(readNow);
  const notify = (frame: Frame): void => {
    for (const viewer of told.keys()) viewer.notice(frame);
  };
  return {
    get isReading() {
      return reading.isUnderWay();
    },
    get viewerCount() {
      return told.size;
    },
    isCurrent: (snapshot, referenceVersion) =>
      isDown
        ? now() < restsUntil
        : state?.id === idOf(question, snapshot, alignToMinutes(windowAt(question, now())), referenceVersion),
    read: reading.read,
    refresh() {
      reading.read().catch((fault: unknown) => {
        if (!isDown) notify(problemFrame(source.describe(fault), name));
        isDown = true;
        if (isFault('TooCostly', fault))
          restsUntil = now() + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** refusals++);
      });
    },
    async join(viewer, lastEventId) {
      told.set(viewer, lastEventId);
      if (state === null || isDown) await reading.read();
      else give(viewer);
    },
    leave(viewer) {
      told.delete(viewer);
      if (told.size === 0) reading.stop();
    },
    notify,
    end() {
      for (const viewer of [...told.keys()]) viewer.end();
    },
  };
}

/** One reading at a time, shared by all who ask for it; one that is stopped is no longer under way. */
function oneReading(readNow: (signal: AbortSignal) => Promise<void>): {
  isUnderWay(): boolean;
  read(): Promise<void>;
  stop(): void;
} {
  let current: { readonly done: Promise<void>; readonly stop: AbortController } | null = null;
  return {
    isUnderWay: () => current !== null,
    read() {
      if (current) return current.done;
      const stop = new AbortController();
      const done = readNow(stop.signal).finally(() => {
        if (current?.stop === stop) current = null;
      });
      current = { done, stop };
      return done;
    },
    stop() {
      current?.stop.abort(new AskerLeft());
      current = null;
    },
  };
}

function windowAt({ windowSeconds }: StreamQuestion, now: number) {
  return windowOf({ from: Math.max(0, now - windowSeconds * SECOND_MS), to: now }, now);
}

/** Progress only grows, so the sum of its offsets tells it from every other progress of the generation. */
function idOf(
  question: StreamQuestion,
  snapshot: Snapshot,
  window: { from: number; to: number },
  referenceVersion: number | null,
): string {
  const { rules, horizon, progress } = snapshot;
  const offsets = progress.reduce((sum, { nextOffset }) => sum + nextOffset, 0);
  const asked = createHash('sha256')
    .update(JSON.stringify([question.location, question.limit, window.from, question.since]))
    .digest('hex')
    .slice(0, 8);
  return [
    rules.generation,
    horizon?.epoch ?? 'none',
    offsets,
    referenceVersion ?? 'none',
    window.to / MINUTE_MS,
    asked,
  ].join('-');
}
