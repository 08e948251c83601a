/**
 * Streams of serving: opens the sink of a connection, subscribes it to the hub, and limits how many are open.
 *
 * app.ts creates it, http/stream.ts opens one stream for a request. A stream ends after an hour, so that access is
 * checked again; the client reconnects by itself with the last id that it has seen.
 */
import type { Bounds, ServingContext } from './context.ts';
import type { StreamQuestion } from '../stream/question.ts';
import type { StreamSource } from '../stream/topic.ts';
import type { ServingParts } from './parts.ts';
import { callerSlots } from '../bounds/caller-slots.ts';
import { viewOf } from '../counts/counts.ts';
import { ClientLeft, TooManyRequests } from '../faults.ts';
import { problemOf } from '../problem.ts';
import { topItemsWithSnapshot } from '../questions/top-items.ts';
import { openingFrame } from '../stream/frames.ts';
import { streamHub } from '../stream/hub.ts';
import { nameOfQuestion } from '../stream/question.ts';
import { Sink } from '../stream/sink.ts';

export interface Streams {
  /**
   * Resolves when the first state is read; throws the fault of that read, or TooManyRequests. `caller`: the owner of
   * the slot.
   */
  open(
    questions: readonly StreamQuestion[],
    options: { lastEventId: string | null; request: Pick<Request, 'signal'>; caller: string },
  ): Promise<ReadableStream<Uint8Array>>;
  endAll(): void;
}

const RECONNECT_AFTER_MS = 2_000;
const LONGEST_MS = 3_600_000;
const RETRY_AFTER_SECONDS = 15;

export function servingStreams(
  { config, metrics, now }: ServingParts,
  openContext: () => Promise<ServingContext>,
  bounds: Bounds,
): Streams {
  const hub = streamHub(sourceOf(openContext, now, bounds), {
    now,
    pollMs: config.STREAM_POLL_MS,
    onSize: metrics.setStreams,
  });
  const opening = openingFrame(RECONNECT_AFTER_MS);
  const takeSlot = streamSlots(config, () => hub.viewers);
  return {
    async open(questions, { lastEventId, request, caller }) {
      const releaseSlot = metrics.countRefusal('streams', () => takeSlot(caller));
      let leave: (() => void) | null = null;
      const sink = new Sink(opening, {
        now,
        onState: metrics.countState,
        onClosed() {
          clearTimeout(longest);
          releaseSlot();
          // Uses the request itself: its signal stops working once nothing refers to the request.
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
        throw request.signal.aborted ? new ClientLeft() : fault;
      }
      // The client may have left while the first state was read.
      if (!sink.isOpen || request.signal.aborted) {
        sink.end();
        leave();
      }
      return sink.stream;
    },
    endAll: () => hub.endAll(),
  };
}

/** Takes a slot for a stream of a caller and returns its release; throws TooManyRequests if there is none. */
function streamSlots(
  { STREAM_CONNECTIONS, STREAMS_PER_CALLER }: ServingParts['config'],
  openCount: () => number,
): (caller: string) => () => void {
  const ofCaller = callerSlots({
    most: STREAMS_PER_CALLER,
    what: 'streams',
    variable: 'STREAMS_PER_CALLER',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
  return (caller) => {
    if (openCount() >= STREAM_CONNECTIONS) {
      throw new TooManyRequests(
        503,
        `${openCount()} streams are open, the limit of this process (STREAM_CONNECTIONS); ` +
          'poll /api/v1/top-items instead',
        RETRY_AFTER_SECONDS,
      );
    }
    return ofCaller.take(caller);
  };
}

function sourceOf(
  openContext: () => Promise<ServingContext>,
  now: () => number,
  { costs, allowances }: Bounds,
): StreamSource {
  return {
    snapshot: async (last) => (await openContext()).snapshots.current(last ?? undefined),
    async topItems(question, signal) {
      const { answer, snapshot } = await allowances.within(costs.counts, { signal }, async (allowance) =>
        topItemsWithSnapshot(question, await openContext(), allowance),
      );
      if (!answer.parts) throw new Error('a streamed answer has parts');
      return { answer: { ...answer, parts: answer.parts }, snapshot };
    },
    view: async (snapshot) => viewOf(snapshot, await (await openContext()).places(), now()),
    describe: problemOf,
  };
}
