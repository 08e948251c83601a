/**
 * The hub: one reader for all viewers, so that a thousand viewers load the stores no more than one.
 *
 * streams.ts subscribes viewers. While there are any, one poll reads progress and horizon, a few rows of the control
 * table. Only when they or the minute have changed is a topic read again, and its one frame goes to all of its viewers.
 * The topic ends with its last viewer, the poll with the last topic. A push from the speed layer would save half a poll
 * interval, but it would couple the two layers.
 */
import type { Frame } from './frames.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { StreamQuestion } from './question.ts';
import type { StreamSource, Topic, Viewer } from './topic.ts';
import { untilAborted } from '../../core/process/read-limits.ts';
import { beatFrame, problemFrame } from './frames.ts';
import { nameOfQuestion } from './question.ts';
import { topicOf } from './topic.ts';

export interface HubOptions {
  readonly now: () => number;
  readonly pollMs: number;
  /** Called when the numbers of viewers and of different questions change. */
  readonly onSize: (viewers: number, questions: number) => void;
}

export interface StreamHub {
  /**
   * Subscribes the viewers of a connection and resolves when they have their first states. A question without an answer
   * is skipped; if none has an answer, throws the fault of the first. Also throws when the client leaves. Returns the
   * function that unsubscribes.
   */
  watch(watched: readonly Watched[], lastEventId: string | null, signal?: AbortSignal): Promise<() => void>;
  readonly viewers: number;
  /** Ends every stream. */
  endAll(): void;
}

/** One question of a connection. */
export interface Watched {
  readonly question: StreamQuestion;
  readonly viewer: Viewer;
}

const READS_AT_ONCE = 8;
const BEAT_MS = 10_000;
const REST_MS = 1_000;

export function streamHub(source: StreamSource, options: HubOptions): StreamHub {
  const topics = new Map<string, Topic>();
  const poll = poller(source, topics, options);
  let viewers = 0;
  const changeViewers = (change: number): void => {
    viewers += change;
    options.onSize(viewers, topics.size);
  };
  const subscribe = (question: StreamQuestion, viewer: Viewer) => {
    const key = nameOfQuestion(question);
    const topic = topics.get(key) ?? topicOf(question, source, options.now);
    topics.set(key, topic);
    const leave = (): void => {
      topic.leave(viewer);
      if (topic.viewerCount === 0 && topics.get(key) === topic) topics.delete(key);
    };
    return { topic, viewer, leave };
  };
  return {
    async watch(watched, lastEventId, signal) {
      const subscriptions = watched.map(({ question, viewer }) => subscribe(question, viewer));
      let isWatching = true;
      changeViewers(1);
      const leave = (): void => {
        if (!isWatching) return;
        isWatching = false;
        for (const one of subscriptions) one.leave();
        changeViewers(-1);
      };
      try {
        const results = await untilAborted(
          Promise.allSettled(subscriptions.map(({ topic, viewer }) => topic.join(viewer, lastEventId))),
          signal,
        );
        // The next poll reads failed questions again and sends the viewer their fault.
        const failed = results.filter((one) => one.status === 'rejected');
        if (failed.length === results.length && failed[0]) throw failed[0].reason;
      } catch (fault) {
        leave();
        throw fault;
      }
      poll.start();
      return leave;
    },
    get viewers() {
      return viewers;
    },
    endAll() {
      poll.stop();
      for (const topic of [...topics.values()]) topic.end();
    },
  };
}

function poller(
  source: StreamSource,
  topics: Map<string, Topic>,
  options: HubOptions,
): { start(): void; stop(): void } {
  let timer: NodeJS.Timeout | null = null;
  let isPolling = false;
  let snapshot: Snapshot | null = null;
  let isDown = false;
  let nextBeatAt = 0;

  const notifyAll = (frame: Frame): void => {
    for (const topic of topics.values()) topic.notify(frame);
  };
  const notifyWhenDue = (isImmediate: boolean, frame: () => Frame): void => {
    if (!isImmediate && options.now() < nextBeatAt) return;
    nextBeatAt = options.now() + BEAT_MS;
    notifyAll(frame());
  };
  const pollOnce = async (): Promise<number> => {
    try {
      snapshot = await source.snapshot(snapshot);
      const view = await source.view(snapshot);
      refreshStale(topics, snapshot, view.reference_version);
      notifyWhenDue(isDown, () => beatFrame(view));
      isDown = false;
      return options.pollMs;
    } catch (fault) {
      notifyWhenDue(!isDown, () => (isDown ? beatFrame(null) : problemFrame(source.describe(fault))));
      isDown = true;
      return REST_MS;
    }
  };
  const pollAndPlan = async (): Promise<void> => {
    timer = null;
    isPolling = true;
    const waitMs = await pollOnce();
    isPolling = false;
    plan(waitMs);
  };
  const plan = (ms: number): void => {
    if (timer !== null || isPolling || topics.size === 0) return;
    timer = setTimeout(() => void pollAndPlan(), ms);
  };
  return {
    start: () => plan(options.pollMs),
    stop() {
      if (timer) clearTimeout(timer);
      timer = null;
    },
  };
}

function refreshStale(topics: Map<string, Topic>, snapshot: Snapshot, referenceVersion: number | null): void {
  let free = READS_AT_ONCE - [...topics.values()].filter(({ isReading }) => isReading).length;
  for (const [key, topic] of [...topics]) {
    if (free <= 0) return;
    if (topic.isReading || topic.isCurrent(snapshot, referenceVersion)) continue;
    // Moves the topic to the end, so that each of many questions gets its turn.
    topics.delete(key);
    topics.set(key, topic);
    topic.refresh();
    free -= 1;
  }
}
