/**
 * Survives the loss of standard output and standard error: a closed terminal (EIO), a pipe whose reader has left
 * (EPIPE).
 *
 * Node makes that an uncaught error, which would end a process in the middle of its orderly end and leave its children
 * behind. Here the text is lost and nothing else happens. The command keeps any other fault of standard output, such as
 * a full disk, for its end: it then reports the fault and ends with 5, since data is missing.
 */
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

export interface Output {
  /** Why standard output is incomplete; null if it is complete, or if nobody reads it any more. */
  fault(): Error | null;
}

interface Streams {
  readonly stdout: NodeJS.EventEmitter;
  readonly stderr: NodeJS.EventEmitter;
}

const NOBODY_READS = new Set(['EPIPE', 'EIO']);

/** Listens for the rest of the process's life. */
export function surviveLostOutput({ stdout, stderr }: Streams = process): Output {
  let first: Error | null = null;
  stdout.on('error', (fault: NodeJS.ErrnoException) => {
    if (!NOBODY_READS.has(fault.code ?? '')) first ??= fault;
  });
  stderr.on('error', () => undefined);
  if (stdout === process.stdout) letGoOfTerminal();
  return { fault: () => first };
}

/** At its very end Node sets the terminal back as it was, and aborts (exit code 134, a core dump) if that has gone. */
function letGoOfTerminal(): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on('exit', () => {
    for (const descriptor of terminals.filter((each) => !isatty(each))) {
      closeSync(descriptor);
      openSync('/dev/null', 'r+'); // takes the number that has just become free
    }
  });
}
