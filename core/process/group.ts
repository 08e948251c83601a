/**
 * A child process with all processes that it starts: a build or an installation that ends when its starter must stop.
 *
 * `groupOf` makes such a child the leader of a process group. Ctrl-C in a terminal then reaches only the starter, which
 * ends the whole group. Ending only the child would leave its own children behind, and they would go on writing into
 * half-made folders. A starter without a stop signal must not do this, since nobody would end the group.
 */
import type { ChildProcess } from 'node:child_process';

/** An option for `spawn`. */
export const groupOf = (signal: AbortSignal | undefined): { detached: boolean } => ({ detached: signal !== undefined });

/** Kills the child's group when the signal is aborted, unless the child has ended by itself. */
export function endGroupWith(child: ChildProcess, signal: AbortSignal | undefined): void {
  if (!signal) return;
  const kill = (): void => killGroup(child);
  if (signal.aborted) kill();
  signal.addEventListener('abort', kill, { once: true });
  child.once('exit', () => signal.removeEventListener('abort', kill));
}

/** Of a child that leads a group (`detached`). */
export function killGroup({ pid }: Pick<ChildProcess, 'pid'>): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
