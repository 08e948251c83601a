/**
 * The errors of HBase, named after what the caller must do (fates.ts).
 *
 * Every module of the client throws HBaseError and no other; the stores above read `fate` and never a class name, and
 * hand their callers what `hbaseFault` makes of it: try again, a person, or a bug.
 */
import { Refusal, Retryable } from '../process/errors.ts';
import type { ErrorFate } from './fates.ts';
import { fateOf, remedyOf } from './fates.ts';

export class HBaseError extends Error {
  readonly fate: ErrorFate;
  /**
   * The simple name of Java's class, or a word of ours: connection, deadline, pace, unanswered, protocol, request,
   * closed.
   */
  readonly exception: string;
  /** The server may have carried out the call all the same. Matters to writes that are not idempotent. */
  readonly isAmbiguous: boolean;

  constructor(
    fate: ErrorFate,
    exception: string,
    message: string,
    { isAmbiguous = false, cause }: { isAmbiguous?: boolean; cause?: unknown } = {},
  ) {
    super(`${exception}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'HBaseError';
    this.fate = fate;
    this.exception = exception;
    this.isAmbiguous = isAmbiguous;
  }
}

/** The error that a server's answer names; `text` is its message or stack trace. */
export function serverError(className: string, text: string, doNotRetry = false): HBaseError {
  const name = className.slice(Math.max(className.lastIndexOf('.'), className.lastIndexOf('$')) + 1);
  const message = firstLine(text, className);
  // A put to a region that no longer holds its row is reported as a failed sanity check; a get as WrongRegionException.
  if (name === 'FailedSanityCheckException' && /out of range/i.test(text))
    return new HBaseError('relocate', name, message);
  const fate = fateOf(name) ?? (doNotRetry ? 'bug' : undefined);
  return fate === undefined
    ? new HBaseError('wait', name, message, { isAmbiguous: true })
    : new HBaseError(fate, name, message);
}

/** Whether the client resends the call by itself; every other error goes to the caller. */
export function isResent({ fate }: HBaseError): boolean {
  return fate === 'relocate' || fate === 'wait';
}

/** What an error of the client means for the caller of a store; `what` names the table. */
export function hbaseFault(what: string, error: HBaseError): Error {
  // A sign-in with Kerberos says itself who must do what.
  if (error.cause instanceof Refusal) return error.cause;
  if (isResent(error) || error.fate === 'anew') return new Retryable('HBase', `${what}: ${error.message}`, error);
  if (error.fate === 'bug') return error.cause instanceof Error ? error.cause : error;
  const { exitCode, remedy } = remedyOf(error.exception);
  return new Refusal(exitCode, `HBase refuses ${what}: ${error.message}. ${remedy.replace('<table>', what)}.`, error);
}

/** The answer does not follow the protocol that we know. */
export function protocolError(found: string): HBaseError {
  return new HBaseError('wait', 'protocol', `${found}; the client drops the answer and calls again`, {
    isAmbiguous: true,
  });
}

/** The caller asked for something that HBase cannot express. */
export function requestError(found: string): HBaseError {
  return new HBaseError('bug', 'request', found);
}

export function deadlineError(what: string, timeoutMs: number): HBaseError {
  return new HBaseError('relocate', 'deadline', `${what} had no answer within ${timeoutMs} ms`, { isAmbiguous: true });
}

export function closedError(): HBaseError {
  return new HBaseError('bug', 'closed', 'the client is closed; its caller must not use it any more', {
    isAmbiguous: true,
  });
}

/** `rows`: which rows have no region with a server just now, because it moves or splits. */
export function noServerError(rows: string): HBaseError {
  return new HBaseError('relocate', 'NoRegion', `no server has the region of ${rows} just now`);
}

export function asHBaseError(error: unknown): HBaseError {
  if (error instanceof HBaseError) return error;
  return new HBaseError('bug', 'bug', error instanceof Error ? error.message : String(error), {
    isAmbiguous: true,
    cause: error,
  });
}

function firstLine(text: string, className: string): string {
  const line = text.split('\n', 1)[0]?.trim() ?? '';
  const message = line.startsWith(className) ? line.slice(className.length).replace(/^:\s*/, '') : line;
  return message.length > 400 ? `${message.slice(0, 400)}…` : message;
}
