/**
 * What a dead letter would be if it were published now: the same judgement that both layers make, by today's parser.
 *
 * replay.ts asks for each letter. The letter is judged as it would arrive: in the home partition of its id, without its
 * old headers, and now. So a timestamp that was too far ahead may be accepted now.
 */
import type { DeadLetter } from '../../core/domain/dead-letters.ts';
import type { Rules } from '../../core/domain/rules.ts';
import type { Instant } from '../../core/domain/time.ts';
import type { KeptLetter } from '../../core/layout/log.ts';
import { partitionsAt } from '../../core/domain/growth.ts';
import { homeOf } from '../../core/domain/home.ts';
import { parseDetection } from '../../core/domain/parse.ts';
import { isDeferred } from '../../core/domain/rules.ts';
import { classify } from '../../core/domain/verdict.ts';

export type Rejudged =
  | { readonly fate: 'detection'; readonly id: string; readonly home: number; readonly isDeferred: boolean }
  | { readonly fate: 'dead_letter'; readonly deadLetter: DeadLetter; readonly home: number };

export function rejudge({ value, source }: KeptLetter, now: Instant, rules: Rules): Rejudged {
  // A letter without an id has no home; it goes back to where it came from, if it goes at all.
  const elsewhere = (source?.partition ?? 0) % partitionsAt(now, rules);
  const reading = parseDetection(value);
  if (!reading.ok) return { fate: 'dead_letter', deadLetter: reading.deadLetter, home: elsewhere };
  const { detection } = reading;
  const home = homeOf(detection.id, partitionsAt(now, rules));
  const verdict = classify({ partition: home, offset: 0, stamp: now, key: null, value, headers: [] }, now, rules);
  if (verdict.kind === 'dead_letter') return { fate: 'dead_letter', deadLetter: verdict.deadLetter, home };
  return { fate: 'detection', id: detection.id, home, isDeferred: isDeferred(detection.detectedAt, now, rules) };
}
