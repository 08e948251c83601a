/**
 * What a record is, as far as the record alone shows: a tick, a dead letter, a stray, or a detection at home.
 *
 * Both layers ask here, so that they cannot disagree (law L10). Whether a detection at home is new, a copy or deferred
 * depends on the row of its id (first-met.ts). The first that fits is the answer, in this order (L7).
 */
import type { DeadLetter } from './dead-letters.ts';
import type { Detection, LogRecord } from './detection.ts';
import type { Rules } from './rules.ts';
import type { Instant } from './time.ts';
import { earlierCounts, partitionsAt } from './growth.ts';
import { homeOf } from './home.ts';
import { parseDetection } from './parse.ts';
import { isAhead } from './rules.ts';

/** Header of a record of ours that only moves a quiet partition's arrival past an epoch's end; its value is empty. */
export const TICK_HEADER = 'sightline.tick';
/** Header of a record that was produced again to its home partition; its value says where it came from. */
export const STRAY_HEADER = 'sightline.stray';
/**
 * The largest value that is sent home. It is a constant, so that both layers and every later rebuild classify a record
 * alike: core/layout/topic-settings.ts checks that the topics' limits allow it; nobody asks for them per record.
 */
export const GREATEST_STRAY_BYTES = 1_000_000;

export type Verdict =
  | { readonly kind: 'tick' }
  | { readonly kind: 'dead_letter'; readonly deadLetter: DeadLetter }
  | { readonly kind: 'stray'; readonly detection: Detection; readonly home: number }
  | { readonly kind: 'detection'; readonly detection: Detection };

/** Classifies a record that arrived (see arrival.ts) at `arrival`. Pure and total. */
export function classify(record: LogRecord, arrival: Instant, rules: Rules): Verdict {
  if (isTick(record)) return { kind: 'tick' };
  const reading = parseDetection(record.value);
  if (!reading.ok) return { kind: 'dead_letter', deadLetter: reading.deadLetter };
  const { detection } = reading;
  if (isAhead(detection.detectedAt, arrival, rules)) {
    return deadLetter('ahead_of_arrival', `timestamp_detected is ${detection.detectedAt}, the arrival ${arrival}`);
  }
  // mutation: home-partition
  const home = homeOf(detection.id, partitionsAt(arrival, rules));
  if (home === record.partition) return { kind: 'detection', detection };
  // mutation: stray-not-at-home
  if (hasHeader(record, STRAY_HEADER) && !wasHome(record.partition, detection, arrival, rules)) {
    return deadLetter(
      'stray_not_at_home',
      `detection ${detection.id} belongs to partition ${home}, not ${record.partition}`,
    );
  }
  // mutation: stray-too-large
  if (record.value!.length > GREATEST_STRAY_BYTES) {
    return deadLetter(
      'too_large_to_forward',
      `detection ${detection.id} belongs to partition ${home}; its value has ${record.value!.length} bytes, ` +
        `at most ${GREATEST_STRAY_BYTES} are sent home`,
    );
  }
  // mutation: stray-verdict
  return { kind: 'stray', detection, home };
}

/**
 * A record that was sent home and arrived after the topic had grown goes on to its new home. It cannot go in circles: a
 * worker forwards a record of a growth only after all partitions have reached that growth, so the partition count that
 * holds for a forwarded record never falls.
 */
function wasHome(partition: number, { id }: Detection, arrival: Instant, rules: Rules): boolean {
  return earlierCounts(arrival, rules).some((count) => homeOf(id, count) === partition);
}

function isTick(record: LogRecord): boolean {
  return (record.value === null || record.value.length === 0) && hasHeader(record, TICK_HEADER);
}

function hasHeader(record: LogRecord, name: string): boolean {
  return record.headers.length > 0 && record.headers.some(([found]) => found === name);
}

function deadLetter(reason: DeadLetter['reason'], detail: string): Verdict {
  return { kind: 'dead_letter', deadLetter: { reason, detail } };
}
