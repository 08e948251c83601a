/**
 * What can be wrong with a question, as types; http/respond.ts turns them into problem answers.
 *
 * A store that is away is a Retryable (core/process/errors.ts) and becomes a 503; everything else that is thrown is a
 * bug.
 */

import type { Refusal, Retryable } from '../core/process/errors.ts';

/** 400: names the parameter, what was found and what was expected. */
export class BadQuestion extends Error {
  override readonly name = 'BadQuestion';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** 404: nothing has this name. */
export class NothingThere extends Error {
  override readonly name = 'NothingThere';
}

/** 401: who asks is not known; `headers` say how to tell. */
export class NotAdmitted extends Error {
  override readonly name = 'NotAdmitted';
  readonly headers: Readonly<Record<string, string>>;
  constructor(message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.headers = headers;
  }
}

/** 403: who asks is known, and may not see this. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
  readonly who: string | null;
  readonly title: string;
  constructor(message: string, who: string | null = null, title = 'This is for operators') {
    super(message);
    this.who = who;
    this.title = title;
  }
}

/** 429 or 503: not now, because too many ask. */
export class TooMany extends Error {
  override readonly name = 'TooMany';
  readonly status: 429 | 503;
  readonly retryAfterSeconds: number;
  /** Whose limit it is, where that is known. */
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
 * 503: one question would cost more than one may. Asking again does not help; `narrow` names the parameters that do.
 */
export class TooCostly extends Error {
  override readonly name = 'TooCostly';
  readonly bound: 'bytes' | 'time';
  readonly narrow: readonly string[];
  /** Set where what was read so far is kept, so that asking again goes on from there. */
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

/** Who asked has left: nobody reads the answer. */
export class AskerLeft extends Error {
  override readonly name = 'AskerLeft';
  constructor() {
    super('who asked has left');
  }
}

interface Faults {
  BadQuestion: BadQuestion;
  NothingThere: NothingThere;
  TooMany: TooMany;
  TooCostly: TooCostly;
  AskerLeft: AskerLeft;
  NotAdmitted: NotAdmitted;
  NotAllowed: NotAllowed;
  Retryable: Retryable;
  Refusal: Refusal;
}

/**
 * Whether something that was thrown is the fault of this name. Pages and routes are bundled apart, each with a copy of
 * these classes, and share one Serving: `instanceof` would not know the other bundle's.
 */
export function isFault<Name extends keyof Faults>(name: Name, thrown: unknown): thrown is Faults[Name] {
  return thrown instanceof Error && thrown.name === name;
}
