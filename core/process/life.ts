/**
 * The life of a process: until somebody tells it to stop, and how a command ends.
 *
 * One order to stop often arrives several times: on a terminal Ctrl-C reaches every process of the foreground, and npm
 * passes on its signals. So orders within a second are the same order. A person who repeats the order later wants a
 * quicker end: `stop` and `hurry` are two signals, and a process with children ends them at both. A closed terminal
 * gives one order, and so does the death of the starter. runCommand turns a fault into a message on standard error and
 * the exit code of the contract.
 */
import { EXIT, exitCodeOf, messageOf, Refusal } from './errors.ts';
import { surviveLostOutput } from './output.ts';

export interface StopOrders {
  /**
   * Aborted by the first order: SIGINT, SIGTERM, SIGHUP, SIGQUIT, or the death of the starter. The reason is a Stopped.
   */
  readonly stop: AbortSignal;
  /** Aborted when somebody repeats the order a second or more later, or sends SIGQUIT: end the rest at once. */
  readonly hurry: AbortSignal;
}

/** Where orders come from: the process, or a test. `ppid` changes when the parent dies. */
export interface OrderSource {
  on(order: NodeJS.Signals | 'disconnect', heed: () => void): unknown;
  readonly ppid: number;
}

export interface OrderWishes {
  readonly source?: OrderSource;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
  /** Treat the death of the parent as an order: npm cannot pass on its own kill -9. */
  readonly withParent?: boolean;
}

const AGAIN_AFTER_MS = 1_000;
/** After its starter died nobody kills a process that hangs, so it ends itself after the longest time of a starter. */
const ORPHAN_LIMIT_MS = 60_000;
const LOOK_FOR_PARENT_MS = 500;

/** Listens for orders to stop, for the rest of the process's life. */
export function stopOrders({
  source = process,
  now = () => performance.now(),
  withParent = false,
}: OrderWishes = {}): StopOrders {
  const stop = new AbortController();
  const hurry = new AbortController();
  let askedMs: number | null = null;
  const isAgain = (): boolean => {
    if (askedMs !== null) return now() - askedMs >= AGAIN_AFTER_MS;
    askedMs = now();
    return false;
  };
  const end = (): void => stop.abort(new Stopped());
  const quicken = (): void => hurry.abort(new Stopped());
  for (const order of ['SIGINT', 'SIGTERM'] as const) {
    source.on(order, () => {
      end();
      if (isAgain()) quicken();
    });
  }
  source.on('SIGHUP', end);
  source.on('SIGQUIT', () => {
    end();
    quicken();
  });
  const orphaned = (): void => {
    end();
    setTimeout(quicken, ORPHAN_LIMIT_MS).unref();
  };
  // A process that was started with an IPC channel belongs to its starter and ends with it.
  source.on('disconnect', orphaned);
  if (source === process) process.channel?.unref();
  if (withParent) lookForParent(source, end);
  return { stop: stop.signal, hurry: hurry.signal };
}

function lookForParent(source: OrderSource, onDeath: () => void): void {
  const parent = source.ppid;
  const look = setInterval(() => {
    if (source.ppid === parent) return;
    clearInterval(look);
    onDeath();
  }, LOOK_FOR_PARENT_MS);
  look.unref();
}

/** The stop signal of a process without children; the second order ends it at once with 130. */
export function stopSignal(): AbortSignal {
  const { stop, hurry } = stopOrders();
  hurry.addEventListener('abort', () => process.exit(130));
  return stop;
}

/** The reason of an aborted stop signal; it is no fault. */
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
  const output = surviveLostOutput();
  try {
    process.exitCode = (await command()) ?? EXIT.done;
    const fault = output.fault();
    if (fault && process.exitCode === EXIT.done)
      throw new Refusal(EXIT.dependency_down, `Standard output could not be written: ${fault.message}`, fault);
  } catch (caught) {
    const thrown = reasonOf(caught);
    process.exitCode = processExitCode(thrown);
    const text =
      thrown instanceof Error && process.exitCode === EXIT.bug ? (thrown.stack ?? thrown.message) : messageOf(thrown);
    if (!(thrown instanceof Stopped)) process.stderr.write(`${text}\n`);
  }
}

/** After a command is over: a process that something still keeps alive says what that is, and ends. */
export function endInTime(limitMs = END_LIMIT_MS): void {
  const end = (): void => {
    const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
    process.stderr.write(
      `The command is over, and ${limitMs / 1_000} s later the process still holds ${open}; it is ended now.\n`,
    );
    process.exit();
  };
  setTimeout(end, limitMs).unref();
}

const END_LIMIT_MS = 15_000;

/**
 * Node's waits throw an AbortError when their signal is aborted; its cause is the reason. A native module that does not
 * load is a fault of the set-up.
 */
function reasonOf(thrown: unknown): unknown {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_DLOPEN_FAILED') {
    return new Refusal(
      EXIT.dependency_down,
      `A native module cannot be loaded: ${thrown.message}\n"npm run setup" installs the modules for the Node ` +
        'that runs it.',
      thrown,
    );
  }
  return thrown instanceof Error && thrown.name === 'AbortError' && thrown.cause instanceof Error
    ? thrown.cause
    : thrown;
}

function processExitCode(thrown: unknown): number {
  const isStopped = thrown instanceof Stopped || (thrown instanceof Error && thrown.name === 'AbortError');
  return isStopped ? 130 : exitCodeOf(thrown);
}
