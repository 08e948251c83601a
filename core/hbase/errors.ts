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
  /** The server may have carried the call out all the same. Matters to writes that are not idempotent. */
  readonly ambiguous: boolean;

  constructor(fate: ErrorFate, exception: string, message: string, ambiguous = false, cause?: unknown) {
    super(`${exception}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'HBaseError';
    this.fate = fate;
    this.exception = exception;
    this.ambiguous = ambiguous;
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
  return fate === undefined ? new HBaseError('wait', name, message, true) : new HBaseError(fate, name, message);
}

/** Whether the client sends the same again: all else is the caller's. */
export function isResent({ fate }: HBaseError): boolean {
  return fate === 'relocate' || fate === 'wait';
}

/** What an error of the client means for whoever asked a store, of which `what` names the table. */
export function hbaseFault(what: string, error: HBaseError): Error {
  if (isResent(error) || error.fate === 'anew') return new Retryable('HBase', `${what}: ${error.message}`, error);
  if (error.fate === 'bug') return error.cause instanceof Error ? error.cause : error;
  const { exitCode, remedy } = remedyOf(error.exception);
  return new Refusal(exitCode, `HBase refuses ${what}: ${error.message}. ${remedy.replace('<table>', what)}.`, error);
}

/** The other side spoke, but not the protocol that we know. */
export function protocolError(found: string): HBaseError {
  return new HBaseError('wait', 'protocol', `${found}; the answer cannot be trusted and the call is made again`, true);
}

/** The caller asked for something that HBase has no words for. */
export function requestError(found: string): HBaseError {
  return new HBaseError('bug', 'request', found);
}

export function deadlineError(what: string, timeoutMs: number): HBaseError {
  return new HBaseError('relocate', 'deadline', `${what} had no answer within ${timeoutMs} ms`, true);
}

export function closedError(): HBaseError {
  return new HBaseError('bug', 'closed', 'the client was closed, and something went on with it', true);
}

export function asHBaseError(error: unknown): HBaseError {
  if (error instanceof HBaseError) return error;
  return new HBaseError('bug', 'bug', error instanceof Error ? error.message : String(error), true, error);
}

function firstLine(text: string, className: string): string {
  const line = text.split('\n', 1)[0]?.trim() ?? '';
  const message = line.startsWith(className) ? line.slice(className.length).replace(/^:\s*/, '') : line;
  return message.length > 400 ? `${message.slice(0, 400)}…` : message;
}
