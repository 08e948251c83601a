/**
 * The hub: one reader for all viewers, so that the stores carry the same load for one of them and for a thousand.
 *
 * streams.ts brings viewers. While there are any, one poll asks for progress and horizon, a few rows of the control
 * table; only when they moved, or the minute did, is a topic read again, and its one frame goes to all of its viewers.
 * The last viewer takes the topic away, the last topic stops the poll. A push from the speed layer would be quicker by
 * half a poll, and would tie both layers' lives together.
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
  /** Told when the numbers of viewers and of different questions change. */
  readonly onSize: (viewers: number, questions: number) => void;
}

export interface StreamHub {
  /**
   * Resolves when the viewers of a connection were told the first states, or those of them whose questions have one;
   * throws what reading threw where none has, or why the client has left. Returns the way out.
   */
  watch(watched: readonly Watched[], lastEventId: string | null, left?: AbortSignal): Promise<() => void>;
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
  const sized = (change: number): void => {
    viewers += change;
    options.onSize(viewers, topics.size);
  };
  const enter = (question: StreamQuestion, viewer: Viewer) => {
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
    async watch(watched, lastEventId, left) {
      const entered = watched.map(({ question, viewer }) => enter(question, viewer));
      let isIn = true;
      sized(1);
      const leave = (): void => {
        if (!isIn) return;
        isIn = false;
        for (const one of entered) one.leave();
        sized(-1);
      };
      try {
        const joined = await untilAborted(
          Promise.allSettled(entered.map(({ topic, viewer }) => topic.join(viewer, lastEventId))),
          left,
        );
        // Those that have no answer now are read again at the next poll, which tells the viewer why.
        const failed = joined.filter((one) => one.status === 'rejected');
        if (failed.length === joined.length && failed[0]) throw failed[0].reason;
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
  let isAsking = false;
  let snapshot: Snapshot | null = null;
  let isDown = false;
  let beatAt = 0;

  const tellAll = (frame: Frame): void => {
    for (const topic of topics.values()) topic.notify(frame);
  };
  const beat = (isDue: boolean, frame: () => Frame): void => {
    if (!isDue && options.now() < beatAt) return;
    beatAt = options.now() + BEAT_MS;
    tellAll(frame());
  };
  const ask = async (): Promise<number> => {
    try {
      snapshot = await source.snapshot(snapshot);
      const view = await source.view(snapshot);
      refreshStale(topics, snapshot, view.reference_version);
      beat(isDown, () => beatFrame(view));
      isDown = false;
      return options.pollMs;
    } catch (fault) {
      beat(!isDown, () => (isDown ? beatFrame(null) : problemFrame(source.describe(fault))));
      isDown = true;
      return REST_MS;
    }
  };
  const turn = async (): Promise<void> => {
    timer = null;
    isAsking = true;
    const waitMs = await ask();
    isAsking = false;
    plan(waitMs);
  };
  const plan = (ms: number): void => {
    if (timer !== null || isAsking || topics.size === 0) return;
    timer = setTimeout(() => void turn(), ms);
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
    // To the end of the line, so that with many questions each gets its turn.
    topics.delete(key);
    topics.set(key, topic);
    topic.refresh();
    free -= 1;
  }
}
