/**
 * Streams of serving: opens a connection's sink, lets the hub fill it, and keeps count.
 *
 * app.ts makes it over its opened stores, http/stream.ts asks for one stream a request. A stream ends after an hour, so
 * that who may look is asked again; a client comes back by itself with the last id that it saw.
 */
import type { Bounds, Opened } from './context.ts';
import type { StreamQuestion } from '../stream/question.ts';
import type { StreamSource } from '../stream/topic.ts';
import type { ServingParts } from './parts.ts';
import { callerSlots } from '../bounds/caller-slots.ts';
import { viewOf } from '../counts/counts.ts';
import { AskerLeft, TooMany } from '../faults.ts';
import { described } from '../problem.ts';
import { topItemsWithSnapshot } from '../questions/top-items.ts';
import { openingFrame } from '../stream/frames.ts';
import { streamHub } from '../stream/hub.ts';
import { nameOfQuestion } from '../stream/question.ts';
import { Sink } from '../stream/sink.ts';

export interface Streams {
  /**
   * Resolves when the first state is known; throws what reading it threw, or TooMany. `caller`: for whom the place
   * counts.
   */
  open(
    questions: readonly StreamQuestion[],
    options: { lastEventId: string | null; request: Pick<Request, 'signal'>; caller: string },
  ): Promise<ReadableStream<Uint8Array>>;
  endAll(): void;
}

const COME_BACK_AFTER_MS = 2_000;
const LONGEST_MS = 3_600_000;
const RETRY_AFTER_SECONDS = 15;

export function servingStreams(
  { config, metrics, now }: ServingParts,
  opened: () => Promise<Opened>,
  bounds: Bounds,
): Streams {
  const hub = streamHub(sourceOf(opened, now, bounds), { now, pollMs: config.STREAM_POLL_MS, onSize: metrics.streams });
  const opening = openingFrame(COME_BACK_AFTER_MS);
  const ofCaller = callerSlots({
    most: config.STREAMS_PER_CALLER,
    what: 'streams',
    variable: 'STREAMS_PER_CALLER',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
  const takePlace = (caller: string): (() => void) => {
    if (hub.viewers >= config.STREAM_CONNECTIONS) {
      throw new TooMany(
        503,
        `${hub.viewers} streams are open, as many as this process keeps; ask for answers instead`,
        RETRY_AFTER_SECONDS,
      );
    }
    return ofCaller.take(caller);
  };
  return {
    async open(questions, { lastEventId, request, caller }) {
      const leavePlace = metrics.countingRefusals('streams', () => takePlace(caller));
      let leave: (() => void) | null = null;
      const sink = new Sink(opening, {
        now,
        onState: metrics.streamedState,
        onClosed() {
          clearTimeout(longest);
          leavePlace();
          // By way of the request: its signal is told of a leaving client only for as long as the request itself is
          // held.
          request.signal.removeEventListener('abort', sink.end);
          leave?.();
        },
      });
      const longest = setTimeout(sink.end, LONGEST_MS);
      longest.unref();
      request.signal.addEventListener('abort', sink.end);
      try {
        leave = await hub.watch(
          questions.map((question) => ({ question, viewer: sink.viewerOf(nameOfQuestion(question)) })),
          lastEventId,
          request.signal,
        );
      } catch (fault) {
        sink.end();
        throw request.signal.aborted ? new AskerLeft() : fault;
      }
      // The client may have gone while the first state was read.
      if (!sink.isOpen || request.signal.aborted) {
        sink.end();
        leave();
      }
      return sink.stream;
    },
    endAll: () => hub.endAll(),
  };
}

function sourceOf(opened: () => Promise<Opened>, now: () => number, { costs, allowed }: Bounds): StreamSource {
  return {
    snapshot: async (last) => (await opened()).snapshots.current(last ?? undefined),
    async topItems(question, signal) {
      const { answer, snapshot } = await allowed.within(costs.counts, { signal }, async (allowance) =>
        topItemsWithSnapshot(question, await opened(), allowance),
      );
      if (!answer.parts) throw new Error('a streamed answer has parts');
      return { answer: { ...answer, parts: answer.parts }, snapshot };
    },
    view: async (snapshot) => viewOf(snapshot, await (await opened()).places(), now()),
    describe: described,
  };
}
