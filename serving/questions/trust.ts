/**
 * Whether the numbers can be trusted: tallies of all records, how far each partition is behind, and how far the batch
 * layer is.
 *
 * All of it comes from one snapshot, so that tallies, offsets and the view agree.
 */
import type { DeadLetterReason } from '../../core/domain/dead-letters.ts';
import type { Tallies } from '../../core/domain/tallies.ts';
import type { TalliesAnswer, TrustAnswer, TrustPartition } from '../answers.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { QuestionContext } from '../counts/question-context.ts';
import { DEAD_LETTER_REASONS } from '../../core/domain/dead-letters.ts';
import { endOf, epoch, epochAt, nameOf } from '../../core/domain/epoch.ts';
import { addTallies, NO_TALLIES, recordsOf } from '../../core/domain/tallies.ts';
import { SECOND_MS } from '../../core/domain/time.ts';
import { Retryable } from '../../core/process/errors.ts';
import { resumesAt, remedyOf } from '../../core/process/hold-text.ts';
import { viewOf } from '../counts/counts.ts';

export async function trust(context: QuestionContext): Promise<TrustAnswer> {
  const snapshot = await context.snapshots.current();
  const { rules, horizon } = snapshot;
  const now = context.now();
  const fault = context.snapshots.logFault();
  if (!snapshot.ends || fault) throw new Retryable('Kafka', 'Kafka does not answer with the ends of the log', fault);
  const { ends } = snapshot.ends;
  const isRunning = await context.isRunUnderWay();
  const heldPartitions = await context.heldPartitions(snapshot);
  const all = snapshot.progress.map(({ tallies }) => tallies).reduce(addTallies, NO_TALLIES);
  return {
    generation: rules.generation,
    epoch_seconds: rules.epochSeconds,
    tallies: talliesAnswer(all),
    partitions: snapshot.progress.map((_, p) => partition(snapshot, ends, p, now)).sort(worstFirst),
    dead_letters: deadLetters(all),
    held: heldPartitions.map((each) => ({
      ...each,
      goes_on_at: resumesAt(each, context.aheadMs),
      remedy: remedyOf(each),
    })),
    horizon: horizon && {
      epoch: nameOf(horizon.epoch, rules),
      ends_at: endOf(horizon.epoch, rules),
      published_at: horizon.publishedAt,
    },
    batch: batchOf(snapshot, now, isRunning),
    view: viewOf(snapshot, await context.places(), now),
  };
}

function partition({ progress, standing }: Snapshot, ends: readonly number[], p: number, now: number): TrustPartition {
  const { nextOffset, tallies } = progress[p]!;
  const endOffset = Math.max(ends[p] ?? nextOffset, nextOffset);
  const asOf = standing.asOf[p]!;
  const isBehind = endOffset > nextOffset;
  return {
    partition: p,
    next_offset: nextOffset,
    end_offset: endOffset,
    behind_records: endOffset - nextOffset,
    behind_seconds: isBehind ? Math.max(0, now - asOf) / SECOND_MS : 0,
    as_of: asOf,
    tallies: talliesAnswer(tallies),
  };
}

function worstFirst(a: TrustPartition, b: TrustPartition): number {
  return b.behind_seconds - a.behind_seconds || b.behind_records - a.behind_records || a.partition - b.partition;
}

function talliesAnswer(t: Tallies): TalliesAnswer {
  const { copies, strays, deferred, dead_letters, ticks } = t;
  return { records: recordsOf(t), new: t.new, copies, strays, deferred, dead_letters, ticks };
}

function deadLetters({ dead_letters_by_reason: byReason }: Tallies): TrustAnswer['dead_letters'] {
  return (Object.entries(byReason) as [DeadLetterReason, number][])
    .map(([reason, count]) => ({ reason, meaning: DEAD_LETTER_REASONS[reason] ?? reason, count }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

/** The state of the batch layer. An epoch that has just ended counts as behind. */
function batchOf({ rules, horizon }: Snapshot, now: number, isRunning: boolean): TrustAnswer['batch'] {
  const open = epoch(Math.max(rules.firstEpoch, epochAt(now, rules)));
  const next = epoch(horizon ? horizon.epoch + 1 : rules.firstEpoch);
  const behind = Math.max(0, open - next);
  return {
    behind_epochs: behind,
    behind_seconds: behind === 0 ? 0 : Math.max(0, now - endOf(next, rules)) / SECOND_MS,
    // If nothing is to publish, the owner of the lock archives.
    running: isRunning && behind > 0 ? nameOf(next, rules) : null,
    open_epoch: nameOf(open, rules),
    open_ends_at: endOf(open, rules),
  };
}
