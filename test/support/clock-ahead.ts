/**
 * A wall clock that is wrong for one process alone: a small library, compiled here, that is loaded before all others.
 *
 * Whoever starts the process puts the answer into its environment. The packages of Node that are compiled need the same
 * compiler.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiles into `folder`, and returns what the environment of such a process holds. */
export function clockAhead(folder: string, seconds: number): Readonly<Record<string, string>> {
  const library = join(folder, 'clock-ahead.so');
  const source = fileURLToPath(new URL('clocks/apart.c', import.meta.url));
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source]);
  return { LD_PRELOAD: library, CLOCK_AHEAD_SECONDS: String(seconds) };
}
