/** A log file that never outgrows its bound: at 10 MB it becomes `<name>.1`, replacing the one before. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const GREATEST_BYTES = 10_000_000;
const LAST_LINES = 12;

export interface BoundedLog {
  readonly write: (chunk: Buffer) => void;
  /** The last few lines, for the person who asks why a process ended. */
  lastLines(): string;
  close(): void;
}

export function boundedLog(file: string): BoundedLog {
  mkdirSync(dirname(file), { recursive: true });
  let bytes = sizeOf(file);
  let tail: string[] = [];
  let isOpen = true;
  return {
    write(chunk) {
      if (!isOpen) return;
      if (bytes + chunk.length > GREATEST_BYTES) {
        renameSync(file, `${file}.1`);
        bytes = 0;
      }
      appendFileSync(file, chunk);
      bytes += chunk.length;
      tail = [...tail, ...chunk.toString('utf8').split('\n').filter(Boolean)].slice(-LAST_LINES);
    },
    lastLines: () => tail.join('\n'),
    close() {
      isOpen = false;
    },
  };
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
