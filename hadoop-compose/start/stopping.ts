/**
 * How `npm start` stops: the cameras first, so that everything published is also counted, then the parts; the daemons
 * are the last.
 *
 * If that takes longer than STOP_LIMIT_MS, or a person asks again, what is left is killed. That loses nothing that is
 * stored: every part repeats from its progress, and every daemon has its log on disk.
 */
import type { Cameras } from '../cameras/cameras.ts';
import type { Say } from '../../core/process/step-log.ts';
import type { StopOrders } from '../../core/process/life.ts';
import type { Part } from './part.ts';

/** Within a minute everything is gone, the last kills included. */
const STOP_LIMIT_MS = 50_000;

/**
 * The same orders; `hurry` comes at the latest when the orderly end has taken too long. Each order is answered with a
 * line.
 */
export function withLimit({ stop, hurry }: StopOrders, say: Say): StopOrders {
  const late = new AbortController();
  const begin = (): void => {
    say('start', 'stopping in order; Ctrl-C once more kills what is left');
    setTimeout(() => late.abort(), STOP_LIMIT_MS).unref();
  };
  if (stop.aborted) begin();
  stop.addEventListener('abort', begin, { once: true });
  hurry.addEventListener('abort', () => say('start', 'asked again: what is left is killed'), { once: true });
  late.signal.addEventListener(
    'abort',
    () => say('start', `not done after ${STOP_LIMIT_MS / 1_000} s: what is left is killed`),
    { once: true },
  );
  return { stop, hurry: AbortSignal.any([hurry, late.signal]) };
}

export async function stopAll(
  cameras: Cameras | null,
  parts: readonly Part[],
  say: Say,
  hurry: AbortSignal,
): Promise<void> {
  if (cameras) {
    say('cameras', 'stopping; copies on their way are sent first');
    await cameras.stop(hurry);
  }
  say('parts', `stopping ${parts.map(({ name }) => name).join(', ')}`);
  await Promise.all(parts.map((part) => part.stop(hurry)));
}

/** Waits for the work, but not once the signal came: throws its reason then, and lets the work end by itself. */
export async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  let give = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    give = () => reject(signal.reason as Error);
    signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}
