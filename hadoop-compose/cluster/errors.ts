/**
 * The one error of the cluster commands: a sentence for a person, and the exit code that goes with it.
 *
 * 2 is wrong usage, 5 is something that is not there or not well (a JDK, a free port, a daemon), so that a second try
 * after the remedy makes sense. Anything else that is thrown here is a bug and keeps its stack trace.
 */
export type ClusterExitCode = 2 | 5;

export class ClusterError extends Error {
  readonly exitCode: ClusterExitCode;

  constructor(message: string, exitCode: ClusterExitCode = 5) {
    super(message);
    this.name = 'ClusterError';
    this.exitCode = exitCode;
  }
}

/** The reason of an abort, as an error. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Aborted();
}

/** Somebody pressed Ctrl-C, or the caller gave up: not a fault. */
export class Aborted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Aborted';
  }
}
