/**
 * The errors of HBase, named after what the caller must do: `relocate` (ask meta again where the row is, then resend),
 * `wait` (the server is there but not ready: back off, then resend), `give-up` (resending cannot help).
 *
 * Every module of the client throws HBaseError and no other; the stores above read `fate` and never a class name. The
 * names of Java's exceptions are data, one line each. An exception that nobody has listed is waited for unless the
 * server forbids a retry: giving up early loses a batch, waiting costs seconds.
 */
export type ErrorFate = 'relocate' | 'wait' | 'give-up';

export class HBaseError extends Error {
  readonly fate: ErrorFate;
  /** The simple name of Java's class, or a word of ours: connection, deadline, pace, unanswered, protocol, request, closed. */
  readonly exception: string;
  /** The server may have carried the call out all the same. Matters to writes that are not idempotent. */
  readonly ambiguous: boolean;

  constructor(fate: ErrorFate, exception: string, message: string, ambiguous = false) {
    super(`${exception}: ${message}`);
    this.name = 'HBaseError';
    this.fate = fate;
    this.exception = exception;
    this.ambiguous = ambiguous;
  }
}

/** Refused before anything was written, because the row is somewhere else by now. */
const RELOCATE = new Set([
  'NotServingRegionException',
  'RegionMovedException',
  'WrongRegionException',
  'RegionServerStoppedException',
  'RegionServerAbortedException',
  'ServerNotRunningYetException',
  'MasterNotRunningException',
  'StoppedRpcClientException',
]);

/** Refused before anything was written, because the server is not ready, or too busy. */
const WAIT = new Set([
  'RegionOpeningException',
  'RegionInRecoveryException',
  'RegionTooBusyException',
  'CallQueueTooBigException',
  'CallDroppedException',
  'RpcThrottlingException',
  'MultiActionResultTooLarge',
  'PleaseHoldException',
  'MasterRegistryFetchException',
  'UnknownScannerException',
  'ScannerResetException',
  'OutOfOrderScannerNextException',
  'LeaseException',
  'TableInitializingException',
]);

const GIVE_UP = new Set([
  'AccessDeniedException',
  'CallerDisconnectedException',
  'ConstraintException',
  'DoNotRetryIOException',
  'FailedSanityCheckException',
  'IllegalArgumentException',
  'InvalidFamilyOperationException',
  'NamespaceExistException',
  'NamespaceNotFoundException',
  'NoSuchColumnFamilyException',
  'TableExistsException',
  'TableNotDisabledException',
  'TableNotEnabledException',
  'TableNotFoundException',
  'UnknownProtocolException',
  'UnsupportedCellCodecException',
]);

/** The error that a server's answer names; `text` is its message or stack trace. */
export function serverError(className: string, text: string, doNotRetry = false): HBaseError {
  const name = className.slice(Math.max(className.lastIndexOf('.'), className.lastIndexOf('$')) + 1);
  const message = firstLine(text, className);
  // A put to a region that no longer holds its row is reported as a failed sanity check; a get as WrongRegionException.
  if (name === 'FailedSanityCheckException' && /out of range/i.test(text)) return new HBaseError('relocate', name, message);
  if (RELOCATE.has(name)) return new HBaseError('relocate', name, message);
  if (WAIT.has(name)) return new HBaseError('wait', name, message);
  if (GIVE_UP.has(name) || doNotRetry) return new HBaseError('give-up', name, message);
  return new HBaseError('wait', name, message, true);
}

/** The other side spoke, but not the protocol that we know. */
export function protocolError(found: string): HBaseError {
  return new HBaseError('wait', 'protocol', `${found}; the answer cannot be trusted and the call is made again`, true);
}

/** The caller asked for something that HBase has no words for. */
export function requestError(found: string): HBaseError {
  return new HBaseError('give-up', 'request', found);
}

export function deadlineError(what: string, timeoutMs: number): HBaseError {
  return new HBaseError('relocate', 'deadline', `${what} had no answer within ${timeoutMs} ms`, true);
}

export function closedError(): HBaseError {
  return new HBaseError('give-up', 'closed', 'the client was closed; make a new one', true);
}

export function asHBaseError(error: unknown): HBaseError {
  if (error instanceof HBaseError) return error;
  return new HBaseError('give-up', 'bug', error instanceof Error ? (error.stack ?? error.message) : String(error), true);
}

function firstLine(text: string, className: string): string {
  const line = text.split('\n', 1)[0]?.trim() ?? '';
  const message = line.startsWith(className) ? line.slice(className.length).replace(/^:\s*/, '') : line;
  return message.length > 400 ? `${message.slice(0, 400)}…` : message;
}
