/**
 * What a round says of its doubt, in three places (core/domain/doubt.ts): before its first write in the announcement,
 * beside each count in the mark of its row, and after all in the progress.
 *
 * round.ts calls these where its order of effects wants them. No single one is enough: a replica may miss the
 * announcement and the progress, and a count that a replica lacks has no row to tell of it.
 */
import type { Progress } from '../core/stores/control/progress-rows.ts';
import type { SpeedRowWrite } from '../core/stores/views/speed-view.ts';
import type { Effects } from './decide.ts';
import type { Holdings, RoundPorts } from './round-ports.ts';
import { doubtsAfter, isInDoubt, isOpen } from '../core/domain/doubt.ts';

/**
 * Before the first write: a worker that dies amid this round leaves counts whose doubt somebody must know. An open span
 * says it already if it names the hours of this round.
 */
export async function announceDoubts(
  { certainty, control, growth, persist }: RoundPorts,
  holdings: Holdings,
  effects: readonly Effects[],
  weakBefore: number,
): Promise<void> {
  const isWeak = certainty.weakAnswers() > weakBefore;
  const unknown = effects.filter(({ progress: { partition }, detected }) => {
    const span = holdings.progress.get(partition)?.doubts?.at(-1);
    if (isOpen(span)) return !isInDoubt(span, detected);
    return isWeak;
  });
  const ends = unknown.map(({ progress: { partition, nextOffset: to } }) => ({ partition, to }));
  if (ends.length > 0) await persist(() => control.announceDoubt(growth.rules().generation, ends));
}

/**
 * The counts, with a mark in each row of a partition that is in doubt by now. So a replica that misses the announcement
 * and the progress has no such count without a word of its doubt.
 */
export function markedCounts(
  { certainty }: RoundPorts,
  holdings: Holdings,
  effects: readonly Effects[],
  weakBefore: number,
): SpeedRowWrite[] {
  const isWeak = certainty.weakAnswers() > weakBefore;
  return effects.flatMap(({ counts, progress: { partition } }) => {
    // mutation: doubt-marked
    if (!isWeak && !isOpen(holdings.progress.get(partition)?.doubts?.at(-1))) return counts;
    return counts.map((row) => ({ ...row, isDoubtful: true }));
  });
}

/** The progress with the spans that are in doubt, so that whoever reads one reads both. */
export function withDoubts(before: Progress | undefined, { progress, detected }: Effects, isWeak: boolean): Progress {
  const doubts = before ? doubtsAfter(before, { ...progress, detected, isWeak }) : [];
  return doubts.length === 0 ? progress : { ...progress, doubts };
}
