// The errors of HBase, named after what the caller must do about them: `relocate` (ask meta again where the row is, then
// resend), `wait` (the server is there but not ready: back off, then resend), `give-up` (resending cannot help).
// Every module of the client throws HBaseError and no other; the stores above read `fate` alone and never a class name.
// The names of Java's exceptions are kept as data in one table, so that a new one costs one line; an unknown exception
// is waited for unless the server forbids a retry, because giving up early loses a batch and waiting costs seconds.

export type ErrorFate = 'relocate' | 'wait' | 'give-up';

export class HBaseError extends Error {
  readonly fate: ErrorFate;
  /** The Java class of the exception, or a word of ours: 'deadline', 'connection', 'unanswered', 'protocol', 'closed'. */
  readonly exception: string;
  constructor(fate: ErrorFate, exception: string, message: string) {
    super(message);
    this.name = 'HBaseError';
    this.fate = fate;
    this.exception = exception;
  }
}
