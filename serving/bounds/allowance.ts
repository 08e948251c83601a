/**
 * What one question may cost: so much time, so many bytes of the stores, and nothing once its asker has left.
 *
 * app.ts opens one for each question and hands its limits down to every read; whichever bound is met first ends the
 * reads and is the answer. Reads that several askers share (shared.ts) have a meter of their own, so a read is counted
 * once. Bytes are those that came from the stores: what they become in memory is a small multiple, and all questions
 * together hold no more than a few of them.
 */
import type { ReadLimits } from '../../core/process/read-limits.ts';
import { manyListeners, untilAborted } from '../../core/process/read-limits.ts';
import { Retryable } from '../../core/process/errors.ts';
import { AskerLeft, TooCostly, TooMany } from '../faults.ts';

/**
 * Who asks: its signal is aborted when it has left. By way of a request, whose signal is told only for as long as the
 * request is held.
 */
export interface Asker {
  readonly signal?: AbortSignal | undefined;
}

/** Bounds of a kind of question. */
export interface Cost {
  readonly seconds: number;
  readonly bytes: number;
  /** Whether what is read is held in memory, and so counted with that of all other questions. */
  readonly inMemory: boolean;
  /** What makes such a question cheaper, as a clause. */
  readonly advice: string;
  /** The parameters of that. */
  readonly narrow: readonly string[];
  /** Set where what was read is kept, so that asking again goes on from there. */
  readonly againAfterSeconds?: number;
}

export interface Allowance extends ReadLimits {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  /** Tells that a store has answered to a read that is shared. */
  readonly heard: () => void;
}

/** Counts the bytes of one read or question; `done` gives back what it holds of the bytes of all. */
export interface Meter {
  readonly onBytes: (bytes: number) => void;
  done(): void;
}

export interface Allowances {
  /**
   * Does the work within the bounds. Throws what met them first: TooCostly, TooMany, AskerLeft, or a Retryable where a
   * store was silent.
   */
  within<T>(cost: Cost, asker: Asker, work: (allowance: Allowance) => Promise<T>): Promise<T>;
  /** For a read that several askers share. */
  meter(cost: Cost): Meter;
}

/** So many times the bytes of one question all of them together may have taken. */
const TOGETHER = 2;
/** A store that said nothing for so long is what kept a question, not its size. */
const SILENT_MS = 3_000;
const RETRY_AFTER_SECONDS = 2;

/** `onFault` is told what each question ended with that has no answer. */
export function allowances(mostBytes: number, onFault: (fault: unknown) => void = () => undefined): Allowances {
  const meter = meters(mostBytes);
  return {
    meter,
    async within(cost, asker, work) {
      const stop = new AbortController();
      const { onBytes, done } = meter(cost);
      const beganAt = performance.now();
      let heardAt = beganAt;
      const heard = (): void => {
        heardAt = performance.now();
      };
      const allowance: Allowance = {
        signal: manyListeners(stop.signal),
        heard,
        onBytes(bytes) {
          heard();
          try {
            onBytes(bytes);
          } catch (fault) {
            stop.abort(fault);
            throw fault;
          }
        },
      };
      const timer = setTimeout(() => stop.abort(lateness(cost, performance.now() - heardAt)), cost.seconds * 1_000);
      const leave = (): void => stop.abort(new AskerLeft());
      asker.signal?.addEventListener('abort', leave, { once: true });
      if (asker.signal?.aborted) leave();
      try {
        stop.signal.throwIfAborted();
        return await untilAborted(work(allowance), stop.signal);
      } catch (fault) {
        // What the work began side by side ends with it.
        stop.abort(fault);
        onFault(fault);
        throw fault;
      } finally {
        clearTimeout(timer);
        asker.signal?.removeEventListener('abort', leave);
        done();
      }
    },
  };
}

/** Meters that know of each other. */
function meters(mostBytes: number): Allowances['meter'] {
  let underWay = 0;
  return ({ bytes: most, inMemory, advice, narrow }: Cost): Meter => {
    let taken = 0;
    return {
      onBytes(bytes) {
        taken += bytes;
        if (inMemory) underWay += bytes;
        if (taken > most)
          throw new TooCostly(
            'bytes',
            `The answer asks for more than ${megabytes(most)} of the stores, the most that one question may read: ${advice}`,
            narrow,
          );
        if (inMemory && underWay > TOGETHER * mostBytes && taken < underWay) {
          throw new TooMany(
            503,
            `the questions that are under way have read ${megabytes(underWay)}, as much as they may together`,
            RETRY_AFTER_SECONDS,
          );
        }
      },
      done() {
        if (inMemory) underWay -= taken;
        taken = 0;
      },
    };
  };
}

function lateness({ seconds, advice, narrow, againAfterSeconds }: Cost, silentMs: number): Error {
  if (silentMs >= Math.min(SILENT_MS, (seconds * 1_000) / 2))
    return new Retryable(
      'A store',
      `no store has answered for ${Math.round(silentMs / 1_000)} s; the question was given up after ${seconds} s`,
    );
  return new TooCostly(
    'time',
    `There is no answer within ${seconds} s, the most that one question may take: ${advice}`,
    narrow,
    againAfterSeconds ?? null,
  );
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
