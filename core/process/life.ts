/**
 * The life of a process: until told to stop, and how a command ends.
 *
 * SIGINT and SIGTERM abort one signal that everything long-running listens to; a second one ends at once. runCommand turns
 * what was thrown into a message on standard error and the exit code of the contract.
 */
import { EXIT, messageOf, Refusal, Retryable } from './errors.ts';

/** An AbortSignal that SIGINT, SIGTERM or the death of a starter aborts; the second signal ends the process with 130. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Stopped());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // A process that was started with an IPC channel belongs to its starter and ends with it.
  process.on('disconnect', stop);
  process.channel?.unref();
  return controller.signal;
}

/** The reason of an aborted stop signal: nobody's fault. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  constructor() {
    super('told to stop');
  }
}

/** Resolves when the signal is aborted. */
export function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Runs a command to its end and sets the exit code; never throws. */
export async function runCommand(command: () => Promise<number | void>): Promise<void> {
  try {
    process.exitCode = (await command()) ?? EXIT.done;
  } catch (caught) {
    const thrown = reasonOf(caught);
    process.exitCode = exitCodeOf(thrown);
    const text = thrown instanceof Error && process.exitCode === EXIT.bug ? (thrown.stack ?? thrown.message) : messageOf(thrown);
    if (!(thrown instanceof Stopped)) process.stderr.write(`${text}\n`);
  }
}

/** For when a command is over: a process that something keeps alive all the same says what that is, and ends. */
export function endInTime(limitMs = END_LIMIT_MS): void {
  const end = (): void => {
    const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
    process.stderr.write(`The command is over, and ${limitMs / 1_000} s later the process still holds ${open}; it is ended now.\n`);
    process.exit();
  };
  setTimeout(end, limitMs).unref();
}

const END_LIMIT_MS = 15_000;

/** Node's waits throw an AbortError of their own when their signal is aborted; why it was, is its cause. */
function reasonOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.name === 'AbortError' && thrown.cause instanceof Error ? thrown.cause : thrown;
}

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof Refusal) return thrown.exitCode;
  if (thrown instanceof Retryable) return EXIT.dependency_down;
  if (thrown instanceof Stopped || (thrown instanceof Error && thrown.name === 'AbortError')) return 130;
  return EXIT.bug;
}
