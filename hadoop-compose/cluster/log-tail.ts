/** The last words of a daemon: the end of its log, or of what it printed if it died before it could log. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { logFile, printFile } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';

const tailBytes = 16 * 1_024;

export function lastWords(stack: Stack, daemon: string, lines = 15): string {
  const parts = [logFile(stack, daemon), printFile(stack, daemon)].flatMap((file) => {
    const tail = tailOf(file, lines);
    return tail.length > 0 ? [`--- the end of ${file}`, ...tail.map((line) => `  ${line.slice(0, 400)}`)] : [];
  });
  return parts.length > 0 ? parts.join('\n') : `It left no word in ${logFile(stack, daemon)}.`;
}

function tailOf(file: string, lines: number): string[] {
  if (!existsSync(file)) return [];
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-lines);
  } finally {
    closeSync(descriptor);
  }
}
