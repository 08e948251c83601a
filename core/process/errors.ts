/**
 * Three kinds of faults, as types (bad data is no fault but a value, see domain/dead-letters.ts).
 *
 * Retryable: a dependency is away and may come back; retry.ts repeats the work. Refusal: a person must do something;
 * the message says what, and the command ends with its exit code. Anything else is a bug and ends the process, which
 * its supervisor starts again. Exit codes are a contract of the commands.
 */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  nothing_to_do: 3,
  data_check_failed: 4,
  dependency_down: 5,
  lake_held: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A dependency did not answer, or cannot do the work now. Trying again is safe. */
export class Retryable extends Error {
  override readonly name = 'Retryable';
  /** Which dependency: `Kafka`, `HBase`, `HDFS`. */
  readonly dependency: string;
  constructor(dependency: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.dependency = dependency;
  }
}

/** Ends a command with a message for a person and an exit code, without a stack trace. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** False for a bug, and for a fault that only a restart with other settings can repair. */
export function isRetriedLater(fault: unknown): fault is Retryable | Refusal {
  return fault instanceof Retryable || (fault instanceof Refusal && fault.exitCode !== EXIT.usage);
}

/** With which code a command ends that throws this. */
export function exitCodeOf(thrown: unknown): ExitCode {
  if (thrown instanceof Refusal) return thrown.exitCode;
  return thrown instanceof Retryable ? EXIT.dependency_down : EXIT.bug;
}

/** The message of anything that was thrown; node-rdkafka throws objects that are no errors. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}
