/**
 * What a batch of one partition does: the heart of the speed layer, pure and synchronous (law L1).
 *
 * round.ts passes classified records in the order of offsets, with everything that HBase knows of them, and carries out
 * the effects that `decideBatch` names. The answer depends on the log alone: another worker that decides the same
 * records, from an earlier progress or in other batches, names the same rows and cells. This file changes nothing that
 * is known, because round.ts must be able to repeat an effect that HBase has not acknowledged.
 *
 *   tick          is tallied, nothing else
 *   dead letter   goes to the dead-letter topic byte for byte
 *   stray         is sent home, where it will be an ordinary record
 *   copy          is tallied: its id has a row in force (core/domain/first-met.ts)
 *   deferred      is first met, but too old: its row is written, and the batch layer counts it
 *   new           is first met: its row is written, the list of its place names it, its cells count it
 */
import type { DeadLetter, DeadLetterReason } from '../core/domain/dead-letters.ts';
import type { LogRecord } from '../core/domain/detection.ts';
import type { DetectedRange } from '../core/domain/doubt.ts';
import type { FirstMet, Outcome } from '../core/domain/first-met.ts';
import type { Oid } from '../core/domain/oid.ts';
import type { Rules } from '../core/domain/rules.ts';
import type { Tallies } from '../core/domain/tallies.ts';
import type { Instant } from '../core/domain/time.ts';
import { HOUR_MS } from '../core/domain/time.ts';
import type { Verdict } from '../core/domain/verdict.ts';
import type { SpeedRowWrite } from '../core/stores/views/speed-view.ts';
import type { KnownCounts } from './count-rows.ts';
import type { CutTallies, Progress } from '../core/stores/control/progress-rows.ts';
import { epochOf } from '../core/domain/epoch.ts';
import { isInForce, outcomeOf } from '../core/domain/first-met.ts';
import { addTallies } from '../core/domain/tallies.ts';
import { EXIT, Refusal } from '../core/process/errors.ts';
import { countWrites } from './count-writes.ts';

/** A record of a batch, and what the record alone tells of it. */
export interface ClassifiedRecord {
  readonly record: LogRecord;
  readonly arrival: Instant;
  readonly verdict: Verdict;
}

/** Everything that HBase knows of a batch. */
export interface Known {
  /** Up to where the partition's effects are in HBase. */
  readonly progress: Progress;
  /** Rows of `detections` of the batch's ids; an id without a row is left out. */
  readonly rows: ReadonlyMap<Oid, FirstMet>;
  readonly counts: KnownCounts;
}

/** What round.ts writes, in this order. */
export interface Effects {
  readonly strays: readonly { record: LogRecord; id: Oid; home: number }[];
  readonly deadLetters: readonly { record: LogRecord; deadLetter: DeadLetter }[];
  readonly firstMet: readonly FirstMet[];
  readonly counts: readonly SpeedRowWrite[];
  /** Where the batch passes the end of an epoch, and the tallies up to there. */
  readonly cuts: readonly CutTallies[];
  /** Without its doubts, which round.ts knows. */
  readonly progress: Progress;
  /** Of this batch alone. */
  readonly tallies: Tallies;
  /** When its detections were made; null if it has none. */
  readonly detected: DetectedRange | null;
}

/** `drainedTo`: where the log ends after these records; markers of transactions take offsets too. */
export function decideBatch(
  known: Known,
  batch: readonly ClassifiedRecord[],
  drainedTo: number,
  rules: Rules,
): Effects {
  const strays: Effects['strays'][number][] = [];
  const deadLetters: Effects['deadLetters'][number][] = [];
  const firstMet = new Map<Oid, FirstMet>();
  const counts = countWrites(known.counts, rules);
  const tally = newTally();
  const cuts: CutTallies[] = [];
  const { progress } = known;
  const talliesSoFar = (): Tallies => addTallies(progress.tallies, tally.total());
  let open = epochOf(progress.arrival, rules);

  for (const { record, arrival, verdict } of batch) {
    const epoch = epochOf(arrival, rules);
    if (epoch > open)
      cuts.push({
        partition: record.partition,
        // mutation: cut-offset
        cut: record.offset,
        tallies: talliesSoFar(),
      });
    open = epoch;
    switch (verdict.kind) {
      case 'tick':
        tally.ticks++;
        break;
      case 'dead_letter':
        deadLetters.push({ record, deadLetter: verdict.deadLetter });
        tally.dead_letters++;
        tally.reason(verdict.deadLetter.reason);
        break;
      case 'stray':
        strays.push({ record, id: verdict.detection.id, home: verdict.home });
        tally.strays++;
        break;
      case 'detection': {
        const { detection } = verdict;
        const { partition, offset } = record;
        const candidate: FirstMet = { logLife: rules.logLife, partition, offset, arrival, detection };
        const row = firstMet.get(detection.id) ?? rowOf(known.rows, candidate, rules);
        const outcome = outcomeOf(candidate, row, rules);
        tally[TALLY_OF[outcome]]++;
        // mutation: first-met-renewal
        if (outcome !== 'copy') firstMet.set(detection.id, candidate);
        // mutation: counted-outcome
        if (outcome === 'new') counts.add(candidate);
      }
    }
  }

  return {
    strays,
    deadLetters,
    firstMet: [...firstMet.values()],
    counts: counts.writes(),
    cuts,
    progress: progressAfter(progress, batch.at(-1), drainedTo, talliesSoFar()),
    tallies: tally.total(),
    detected: detectedRange(batch),
  };
}

/** Whole hours; deferred detections too, although nothing counts them: a range that is too wide does no harm. */
function detectedRange(batch: readonly ClassifiedRecord[]): DetectedRange | null {
  let [from, to] = [Infinity, -Infinity];
  for (const { verdict } of batch) {
    if (verdict.kind !== 'detection') continue;
    from = Math.min(from, verdict.detection.detectedAt);
    to = Math.max(to, verdict.detection.detectedAt);
  }
  // mutation: doubt-hours
  [from, to] = [Math.floor(from / HOUR_MS) * HOUR_MS, Math.floor(to / HOUR_MS) * HOUR_MS + HOUR_MS - 1];
  return from <= to ? { from, to } : null;
}

function progressAfter(
  { partition, nextOffset, arrival }: Progress,
  last: ClassifiedRecord | undefined,
  drainedTo: number,
  tallies: Tallies,
): Progress {
  return {
    partition,
    nextOffset: Math.max(last ? last.record.offset + 1 : nextOffset, drainedTo),
    arrival: last ? last.arrival : arrival,
    tallies,
  };
}

/**
 * The row that HBase has for a record's id. A row that names a later record and is not in force was written by a faster
 * worker, which is further on by more than W and has overwritten the row that this record needs. This record is already
 * counted, so this worker stops. Two partitions hold records of one id only if the topic grew in between, and what
 * arrived after that was decided after all that arrived before.
 */
function rowOf(rows: Known['rows'], record: FirstMet, rules: Rules): FirstMet | null {
  const row = rows.get(record.detection.id) ?? null;
  if (row === null || row.logLife !== record.logLife) return row;
  const isLater = row.partition === record.partition ? row.offset > record.offset : row.arrival > record.arrival;
  // mutation: overtaken-row
  if (!isLater || isInForce(row.arrival, record.arrival, rules)) return row;
  throw new Refusal(
    EXIT.dependency_down,
    `A faster worker has overwritten the row that offset ${record.offset} of partition ${record.partition} needs: ` +
      `the row of detection ${record.detection.id} names offset ${row.offset}. This record is already counted. ` +
      'Start this worker again; it begins at the progress.',
  );
}

const TALLY_OF = { new: 'new', copy: 'copies', deferred: 'deferred' } as const satisfies Record<Outcome, keyof Tallies>;

function newTally() {
  const reasons: Partial<Record<DeadLetterReason, number>> = {};
  return {
    new: 0,
    copies: 0,
    strays: 0,
    deferred: 0,
    dead_letters: 0,
    ticks: 0,
    reason(reason: DeadLetterReason): void {
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    },
    total(): Tallies {
      const { new: isNew, copies, strays, deferred, dead_letters, ticks } = this;
      return { new: isNew, copies, strays, deferred, dead_letters, ticks, dead_letters_by_reason: reasons };
    },
  };
}
