/**
 * What the cluster commands end with: a refusal with a sentence for a person (5: something is missing or not well, and
 * a second try after the remedy makes sense; 2: wrong usage), or `Stopped` after Ctrl-C. All else is a bug.
 */
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { Stopped } from '../../core/process/life.ts';

export class ClusterError extends Refusal {
  constructor(message: string, exitCode: typeof EXIT.usage | typeof EXIT.dependency_down = EXIT.dependency_down) {
    super(exitCode, message);
  }
}

export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Stopped();
}
