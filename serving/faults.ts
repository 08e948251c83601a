/**
 * What can be wrong with a question, as types; http/respond.ts turns them into problem answers.
 *
 * A store that is away is a Retryable (core/process/errors.ts) and becomes a 503; everything else that is thrown is a bug.
 */

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
