/**
 * A body of an answer that is read as the client takes it: exports.ts and footage.ts send theirs so.
 *
 * However it ends, its reads end too: at its end, when the client leaves, and when the client takes nothing for a
 * while, because each body holds one of a few slots.
 */

export interface PullOptions {
  readonly request: Pick<Request, 'signal'>;
  readonly onEnd: () => void;
  readonly onFault: (fault: unknown) => void;
  /** Ends the running reads. */
  readonly stop: () => void;
  readonly stalledMs: number;
}

/** A web stream over a generator; it frees its resources when the client has gone. */
export function pullStream(
  bytes: AsyncGenerator<Uint8Array>,
  first: IteratorResult<Uint8Array>,
  { request, onEnd, onFault, stop, stalledMs }: PullOptions,
): ReadableStream<Uint8Array> {
  let next: IteratorResult<Uint8Array> | null = first;
  const free = (): void => {
    // Uses the request itself, as in streams.ts: its signal stops working once nothing refers to the request.
    request.signal.removeEventListener('abort', free);
    clearTimeout(stalled);
    stop();
    void bytes.return(undefined).then(onEnd, onEnd);
  };
  let stalled: NodeJS.Timeout | undefined;
  request.signal.addEventListener('abort', free);
  if (request.signal.aborted) free();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(stalled);
        try {
          const { value, done } = next ?? (await bytes.next());
          next = null;
          if (!done) {
            stalled = setTimeout(() => {
              controller.error(new Error('the client reads nothing'));
              free();
            }, stalledMs);
            stalled.unref();
            return controller.enqueue(value);
          }
          free();
          controller.close();
        } catch (fault) {
          onFault(fault);
          free();
          controller.error(fault);
        }
      },
      cancel: free,
    },
    new CountQueuingStrategy({ highWaterMark: 1 }),
  );
}
