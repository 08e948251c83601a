/**
 * Footage of serving: lists of files, one file, and its bytes as a stream.
 *
 * app.ts creates it, http/footage.ts asks it. Lists and bytes wait in queues of their own, so that films that are being
 * watched do not delay lists. However a body ends, its read of HDFS ends too. A client that takes nothing for a while
 * is disconnected, because it holds one of a few slots; a browser that plays a film asks again from there.
 */
import type { FootageFile } from '../../core/stores/footage/form.ts';
import type { FootageStore } from '../../core/stores/footage/footage-store.ts';
import type { Footage } from '../../core/layout/footage.ts';
import type { ByteRange } from '../../core/stores/hdfs/types.ts';
import type { ReadLimits } from '../../core/process/read-limits.ts';
import { inTime } from '../../core/process/in-time.ts';
import { manyListeners } from '../../core/process/read-limits.ts';
import type { DetectionAnswer } from '../answers.ts';
import type { DetectionFootageAnswer, FootageAnswer } from '../footage-answers.ts';
import type { Asker } from '../bounds/allowance.ts';
import { boundedQueue } from '../bounds/bounded-queue.ts';
import { ClientLeft, isFault } from '../faults.ts';
import type { FootageOfCamera } from '../questions/footage.ts';
import { footageOfCamera, footageOfDetection } from '../questions/footage.ts';
import type { Bounds } from './context.ts';
import type { ServingParts } from './parts.ts';
import { pullStream } from './pull-stream.ts';

export interface ServedFootage {
  ofCamera(question: FootageOfCamera, asker?: Asker): Promise<FootageAnswer>;
  ofDetection(detection: DetectionAnswer, asker?: Asker): Promise<DetectionFootageAnswer>;
  /** Null if there is no such file. */
  find(footage: Footage, asker?: Asker): Promise<FootageFile | null>;
  /** Resolves when the first bytes are read; throws the fault of that read, or TooManyRequests. */
  open(file: FootageFile, range: ByteRange, request: Pick<Request, 'signal'>): Promise<ReadableStream<Uint8Array>>;
  /** Whether there is footage at all, as of a few seconds ago; false while HDFS does not answer. Never throws. */
  isThere(): Promise<boolean>;
}

const LISTS = { atOnce: 8, waiting: 256, what: 'lists of footage' };
/** Limit for a client that takes nothing. */
const STALLED_MS = 60_000;
const LOOK_EVERY_MS = 10_000;
const LOOK_LIMIT_MS = 1_000;

export function servedFootage(
  { metrics, log, now }: ServingParts,
  store: FootageStore,
  { costs, allowances }: Bounds,
): ServedFootage {
  const lists = boundedQueue(LISTS);
  const media = boundedQueue({
    ...costs.media,
    what: 'files of footage',
    onSize: (running, waiting) => metrics.setQueue('footage', running, waiting),
  });
  const listing = <T>(asker: Asker | undefined, ask: (limits: ReadLimits) => Promise<T>): Promise<T> =>
    allowances.within(costs.footage, asker ?? {}, (allowance) => lists.run(allowance.signal, () => ask(allowance)));
  return {
    ofCamera: (question, asker) => listing(asker, (limits) => footageOfCamera(question, store, now(), limits)),
    ofDetection: (detection, asker) => listing(asker, (limits) => footageOfDetection(detection, store, limits)),
    find: (footage, asker) => listing(asker, (limits) => store.find(footage, limits)),
    open: (file, range, request) =>
      new Promise((resolve, reject) => {
        const send = (): Promise<void> =>
          sendBytes(request, resolve, {
            read: (limits) => store.read(file, range, limits),
            onFault: (fault) => log.warn({ err: fault, path: file.path }, 'a file of footage was not sent whole'),
          });
        media.run(request.signal, send).catch(reject);
      }),
    isThere: rememberedLook(() => store.hasAny(), now),
  };
}

interface Sending {
  readonly read: (limits: ReadLimits) => AsyncIterable<Buffer | string>;
  readonly onFault: (fault: unknown) => void;
}

/** Resolves when the body has ended; throws the fault of the first read. */
async function sendBytes(
  request: Pick<Request, 'signal'>,
  give: (body: ReadableStream<Uint8Array>) => void,
  { read, onFault }: Sending,
): Promise<void> {
  const stop = new AbortController();
  const stopReading = (): void => stop.abort(new ClientLeft());
  request.signal.addEventListener('abort', stopReading, { once: true });
  if (request.signal.aborted) stopReading();
  try {
    const bytes = chunksOf(read({ signal: manyListeners(stop.signal) }));
    const first = await bytes.next();
    await new Promise<void>((onEnd) => {
      const report = (fault: unknown): void => void (isFault('ClientLeft', fault) || onFault(fault));
      give(pullStream(bytes, first, { request, onEnd, onFault: report, stop: stopReading, stalledMs: STALLED_MS }));
    });
  } finally {
    request.signal.removeEventListener('abort', stopReading);
  }
}

async function* chunksOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk as Buffer;
}

/** The last answer while a newer one is read in the background; only the first caller waits, and not for long. */
function rememberedLook(look: () => Promise<boolean>, now: () => number): () => Promise<boolean> {
  let last: boolean | null = null;
  let askedAt = -Infinity;
  let asking: Promise<boolean> = Promise.resolve(false);
  return async () => {
    if (now() - askedAt >= LOOK_EVERY_MS) {
      askedAt = now();
      asking = look().then(
        (found) => (last = found),
        () => last ?? false,
      );
    }
    return last ?? inTime(asking, LOOK_LIMIT_MS, () => false);
  };
}
