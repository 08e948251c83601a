/**
 * The open parts of a worker, for main.ts: closed in reverse, each within a limit.
 *
 * A part that cannot be closed, or does not close in time, must not keep the others open. The log names it; the command
 * ends with the fault that ended the worker, not with this one.
 */
import type { Log } from '../core/process/log.ts';
import { messageOf } from '../core/process/errors.ts';
import { inTime } from '../core/process/in-time.ts';

interface Part {
  close(): Promise<void>;
}

export interface OpenParts {
  /** Takes a part that was opened, and returns it. */
  add<P extends Part>(part: P): P;
  closeAll(): Promise<void>;
}

const CLOSE_LIMIT_MS = 10_000;

export function openParts(log: Pick<Log, 'warn'>): OpenParts {
  const parts: Part[] = [];
  const fail = (): never => {
    throw new Error(`it did not close within ${CLOSE_LIMIT_MS / 1_000} s`);
  };
  return {
    add(part) {
      parts.push(part);
      return part;
    },
    async closeAll() {
      for (let part = parts.pop(); part; part = parts.pop())
        await inTime(part.close(), CLOSE_LIMIT_MS, fail).catch((fault: unknown) =>
          log.warn({ because: messageOf(fault) }, 'a part could not be closed'),
        );
    },
  };
}
