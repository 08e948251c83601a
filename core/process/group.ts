/**
 * A child with all that it starts: a build or an installation that is given up when the process is told to stop.
 *
 * Such a child is spawned with `groupOf`, so that it leads a group of its own: Ctrl-C in a terminal then reaches its
 * starter alone, which ends the whole group. Ending only the child would leave its helpers behind, and they would go on
 * writing into half-made folders. Who heeds no signal must not do this, since nobody would end the group.
 */
import type { ChildProcess } from 'node:child_process';

/** An option for `spawn`. */
export const groupOf = (signal: AbortSignal | undefined): { detached: boolean } => ({ detached: signal !== undefined });

/**
 * Kills the child's group when the signal is aborted, or at once if it is; nothing once the child has ended by itself.
 */
export function endGroupWith(child: ChildProcess, signal: AbortSignal | undefined): void {
  if (!signal) return;
  const kill = (): void => killGroup(child);
  if (signal.aborted) kill();
  signal.addEventListener('abort', kill, { once: true });
  child.once('exit', () => signal.removeEventListener('abort', kill));
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
