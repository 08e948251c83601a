/**
 * Limits the cost of one question: its time, its bytes from the stores, and its life once the client has left.
 *
 * app.ts opens one allowance for each question and passes its limits to every read. The first limit that is reached
 * ends all reads of the question and is its answer. A read that several questions share (shared-work.ts) has a meter of
 * its own, so its bytes count once. Bytes are counted as they come from the stores: in memory they take a small
 * multiple, and all questions together hold only a few times the limit of one.
 */
import type { ReadLimits } from '../../core/process/read-limits.ts';
import { manyListeners, untilAborted } from '../../core/process/read-limits.ts';
import { Retryable } from '../../core/process/errors.ts';
import { ClientLeft, TooCostly, TooManyRequests } from '../faults.ts';

/**
 * The client of a question; its signal aborts when the client leaves. It is the request itself, because its signal
 * stops working once nothing refers to the request.
 */
export interface Asker {
  readonly signal?: AbortSignal | undefined;
}

/** Limits for a kind of question. */
export interface Cost {
  readonly seconds: number;
  readonly bytes: number;
  /** Whether the bytes stay in memory, so that they count towards the limit of all questions together. */
  readonly inMemory: boolean;
  /** Tells the caller how to make the question cheaper, as a clause. */
  readonly advice: string;
  /** The parameters that the advice names. */
  readonly narrow: readonly string[];
  /** Set if a repeated question continues from what this one has read. */
  readonly retryAfterSeconds?: number;
}

export interface Allowance extends ReadLimits {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  /** To be called when a store has answered a shared read. */
  readonly onAnswer: () => void;
}

/** Counts the bytes of one read or question; `done` removes them from the bytes of all questions. */
export interface Meter {
  readonly onBytes: (bytes: number) => void;
  done(): void;
}

export interface Allowances {
  /**
   * Runs the work within the limits. Throws the first limit that is reached: TooCostly, TooManyRequests, ClientLeft, or
   * a Retryable if a store did not answer.
   */
  within<T>(cost: Cost, asker: Asker, work: (allowance: Allowance) => Promise<T>): Promise<T>;
  /** For a read that several questions share. */
  meter(cost: Cost): Meter;
}

/** All questions together may read this many times the bytes of one. */
const TOGETHER = 2;
/** If no store has answered for this long, a store is the cause of the delay and not the size of the question. */
const SILENT_MS = 3_000;
const RETRY_AFTER_SECONDS = 2;

/** `onFault` gets the fault of each question that ends without an answer. */
export function createAllowances(mostBytes: number, onFault: (fault: unknown) => void = () => undefined): Allowances {
  const meter = meters(mostBytes);
  return {
    meter,
    async within(cost, asker, work) {
      const controller = new AbortController();
      const { onBytes, done } = meter(cost);
      const startedAt = performance.now();
      let answeredAt = startedAt;
      const onAnswer = (): void => {
        answeredAt = performance.now();
      };
      const allowance: Allowance = {
        signal: manyListeners(controller.signal),
        onAnswer,
        onBytes(bytes) {
          onAnswer();
          try {
            onBytes(bytes);
          } catch (fault) {
            controller.abort(fault);
            throw fault;
          }
        },
      };
      const timer = setTimeout(
        () => controller.abort(lateFault(cost, performance.now() - answeredAt)),
        cost.seconds * 1_000,
      );
      const onLeave = (): void => controller.abort(new ClientLeft());
      asker.signal?.addEventListener('abort', onLeave, { once: true });
      if (asker.signal?.aborted) onLeave();
      try {
        controller.signal.throwIfAborted();
        return await untilAborted(work(allowance), controller.signal);
      } catch (fault) {
        // Parallel reads that the work has started end too.
        controller.abort(fault);
        onFault(fault);
        throw fault;
      } finally {
        clearTimeout(timer);
        asker.signal?.removeEventListener('abort', onLeave);
        done();
      }
    },
  };
}

/** Meters that share one sum for the bytes in memory. */
function meters(mostBytes: number): Allowances['meter'] {
  let bytesInMemory = 0;
  return ({ bytes: mostOfQuestion, inMemory, advice, narrow }: Cost): Meter => {
    let bytesRead = 0;
    return {
      onBytes(bytes) {
        bytesRead += bytes;
        if (inMemory) bytesInMemory += bytes;
        if (bytesRead > mostOfQuestion)
          throw new TooCostly(
            'bytes',
            `The question reads more than ${megabytes(mostOfQuestion)} from the stores, ` +
              `the limit for one question: ${advice}`,
            narrow,
          );
        if (inMemory && bytesInMemory > TOGETHER * mostBytes && bytesRead < bytesInMemory) {
          throw new TooManyRequests(
            503,
            `All running questions together have read ${megabytes(bytesInMemory)}, ` +
              'the limit of this process; try again later',
            RETRY_AFTER_SECONDS,
          );
        }
      },
      done() {
        if (inMemory) bytesInMemory -= bytesRead;
        bytesRead = 0;
      },
    };
  };
}

function lateFault({ seconds, advice, narrow, retryAfterSeconds: againAfterSeconds }: Cost, silentMs: number): Error {
  if (silentMs >= Math.min(SILENT_MS, (seconds * 1_000) / 2))
    return new Retryable(
      'A store',
      `No store has answered for ${Math.round(silentMs / 1_000)} s, ` +
        `so the question was stopped after ${seconds} s; try again later`,
    );
  return new TooCostly(
    'time',
    `The question takes more than ${seconds} s, the limit for one question: ${advice}`,
    narrow,
    againAfterSeconds ?? null,
  );
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
