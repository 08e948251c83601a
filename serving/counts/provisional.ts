/**
 * What of an answer is in doubt, because fewer replicas than a quorum have counted it, or answer now
 * (core/domain/doubt.ts).
 *
 * The questions collect the doubt of the rows that they have read, and counts.ts joins it with that of the snapshot: a
 * row has a mark beside its counts, the progress and the announcements name spans. Either may be on a replica that
 * lacks the other.
 */
import type { DetectedRange } from '../../core/domain/doubt.ts';
import type { PlacedDetection } from '../../core/stores/views/list-view.ts';
import type { View } from '../answers.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { SheetsOfPlan } from './merge.ts';
import { union } from '../../core/domain/doubt.ts';
import { HOUR_MS, hourOf } from '../../core/domain/time.ts';

/** Of the rows behind a read: call it after the sums are made, since a sheet may change until then. */
export function doubtOfRead({ parts }: SheetsOfPlan): DetectedRange | null {
  const doubtful = parts.flatMap(({ sheets }) => sheets.filter(({ isDoubtful }) => isDoubtful));
  // mutation: row-doubt-told
  return rangeOf(doubtful.map(({ hour }) => hour));
}

/** Of the rows that these entries were read from. */
export function doubtOfEntries(entries: readonly PlacedDetection[]): DetectedRange | null {
  return rangeOf(entries.filter(({ isDoubtful }) => isDoubtful).map(({ detectedAt }) => hourOf(detectedAt)));
}

/** `ofRows`: what rows say that the answer was read from. */
export function provisional(
  { doubted, isSure }: Pick<Snapshot, 'doubted' | 'isSure'>,
  ofRows: DetectedRange | null,
  { from, to }: { readonly from: number; readonly to: number },
): Pick<View, 'provisional' | 'in_doubt'> {
  if (!isSure()) return { provisional: true, in_doubt: { from, to } };
  const all = [doubted, ofRows].filter((range) => range !== null && range.from < to && range.to >= from);
  const range = all.reduce(union, null);
  return range ? { provisional: true, in_doubt: { from: range.from, to: range.to + 1 } } : {};
}

function rangeOf(hours: readonly number[]): DetectedRange | null {
  return hours.reduce<DetectedRange | null>(
    (range, hour) => union(range, { from: hour * HOUR_MS, to: (hour + 1) * HOUR_MS - 1 }),
    null,
  );
}
