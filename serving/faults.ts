/**
 * The errors that a question can end with, as types; http/respond.ts turns them into problem answers.
 *
 * A store that does not answer is a Retryable (core/process/errors.ts) and becomes a 503. Every other error is a bug.
 */

import type { Refusal, Retryable } from '../core/process/errors.ts';

/** 400: names the parameter, the value that was found and the value that was expected. */
export class BadQuestion extends Error {
  override readonly name = 'BadQuestion';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** 404: nothing exists under this name. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** 401: the caller is unknown; `headers` tell the client how to sign in. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
  readonly headers: Readonly<Record<string, string>>;
  constructor(message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.headers = headers;
  }
}

/** 403: the caller is known and has no right to see this. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden';
  readonly who: string | null;
  readonly title: string;
  constructor(message: string, who: string | null = null, title = 'Operators only') {
    super(message);
    this.who = who;
    this.title = title;
  }
}

/** 429 or 503: the caller, or all callers together, have reached a limit. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests';
  readonly status: 429 | 503;
  readonly retryAfterSeconds: number;
  /** The caller whose limit is reached, if known. */
  who: string | null = null;
  constructor(status: 429 | 503, message: string, retryAfterSeconds: number) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
  of(who: string): this {
    this.who = who;
    return this;
  }
}

/**
 * 503: the question costs more than one question may. The same question fails again; `narrow` names the parameters that
 * make it cheaper.
 */
export class TooCostly extends Error {
  override readonly name = 'TooCostly';
  readonly bound: 'bytes' | 'time';
  readonly narrow: readonly string[];
  /** Set if a repeated question continues from what this one has read. */
  readonly retryAfterSeconds: number | null;
  constructor(
    bound: 'bytes' | 'time',
    message: string,
    narrow: readonly string[],
    retryAfterSeconds: number | null = null,
  ) {
    super(message);
    this.bound = bound;
    this.narrow = narrow;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The client has closed the connection, so nobody reads the answer. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft';
  constructor() {
    super('The client closed the connection before the answer was ready');
  }
}

/** 416: the wanted part begins after the end of the file. */
export class RangeNotSatisfiable extends Error {
  override readonly name = 'RangeNotSatisfiable';
  readonly headers: Readonly<Record<string, string>>;
  constructor(wanted: string, bytes: number) {
    super(`The range ${wanted} lies beyond the end of the file, which has ${bytes} bytes`);
    this.headers = { 'content-range': `bytes */${bytes}` };
  }
}

interface Faults {
  BadQuestion: BadQuestion;
  NotFound: NotFound;
  TooManyRequests: TooManyRequests;
  TooCostly: TooCostly;
  ClientLeft: ClientLeft;
  RangeNotSatisfiable: RangeNotSatisfiable;
  Unauthenticated: Unauthenticated;
  Forbidden: Forbidden;
  Retryable: Retryable;
  Refusal: Refusal;
}

/**
 * Whether a thrown value is the fault of this name. Next.js bundles pages and routes separately, each with its own copy
 * of these classes, and both share one Serving: `instanceof` fails for a class of the other bundle.
 */
export function isFault<Name extends keyof Faults>(name: Name, thrown: unknown): thrown is Faults[Name] {
  return thrown instanceof Error && thrown.name === name;
}
