/**
 * Replays dead letters after a fix: those that today's parser reads go home, byte for byte.
 *
 * command.ts hands it the selected letters. It is safe to repeat and to stop at any point: an id counts once, however
 * often its record is produced. A letter that is still no detection stays, unless the person forces it; then it comes
 * back as a new letter. A letter that is too large for the topic with its header stays too.
 */
import type { Rules } from '../../core/domain/rules.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { KeptLetter } from '../../core/layout/log.ts';
import type { DeadLetterLog, Replay } from '../../core/stores/kafka/dead-letters.ts';
import type { Rejudged } from './rejudge.ts';
import { rejudge } from './rejudge.ts';

export interface ReplaySummary {
  selected: number;
  replayed: number;
  /** Of the replayed: too old for the speed layer, so they count when their epoch is published. */
  deferred: number;
  /** Still dead letters. */
  remaining: number;
  /** Of the remaining: replayed all the same. */
  forced: number;
  /** Too large for the topic with the header that says which letter it was; neither replayed nor forced. */
  tooLarge: number;
}

export interface ReplayOptions {
  readonly dryRun: boolean;
  readonly force: boolean;
  /** Told of each letter, before it is produced. */
  readonly tell: (letter: KeptLetter, judged: Rejudged) => void;
  /** Told of each letter that the topic did not take. */
  readonly tellTooLarge: (letter: KeptLetter) => void;
}

export async function replayAll(
  selected: AsyncIterable<readonly KeptLetter[]>,
  log: Pick<DeadLetterLog, 'replay'>,
  rules: Rules,
  options: ReplayOptions,
): Promise<ReplaySummary> {
  const summary: ReplaySummary = { selected: 0, replayed: 0, deferred: 0, remaining: 0, forced: 0, tooLarge: 0 };
  for await (const letters of selected) {
    const replays: Replay[] = [];
    const fates = new Map<KeptLetter, Rejudged>();
    for (const letter of letters) {
      const judged = rejudge(letter, Date.now() as Instant, rules);
      options.tell(letter, judged);
      summary.selected++;
      if (judged.fate === 'detection') {
        summary.replayed++;
        if (judged.isDeferred) summary.deferred++;
      } else {
        summary.remaining++;
        if (options.force) summary.forced++;
      }
      if (judged.fate === 'detection' || options.force) replays.push({ letter, home: judged.home });
      fates.set(letter, judged);
    }
    if (options.dryRun) continue;
    for (const { letter } of await log.replay(replays)) {
      options.tellTooLarge(letter);
      takeBack(summary, fates.get(letter)!);
    }
  }
  return summary;
}

function takeBack(summary: ReplaySummary, judged: Rejudged): void {
  summary.tooLarge++;
  if (judged.fate === 'dead_letter') {
    summary.forced--;
    return;
  }
  summary.replayed--;
  summary.remaining++;
  if (judged.isDeferred) summary.deferred--;
}
